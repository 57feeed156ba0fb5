"""Digests as the file says them."""

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.model.digest import Digest
from bot.model.quiet import Weekday
from tests.config.conftest import GOOD, Loader, Problems, load_text


def test_the_shortest_digest_is_of_every_day(configured: Loader) -> None:
    config = configured(new="digests: {morning: {to: ops}}\n")
    assert config.digests == (Digest(name="morning", to=("ops",), at=450),)


def test_a_digest_says_when_where_and_what_about(configured: Loader) -> None:
    written = (
        'week: {to: [ops, screen], at: "16:00", every: week, days: fri, holidays: FR, sources: parts, picture: on}'
    )
    (digest,) = configured(new=f"digests: {{{written}}}\n").digests
    assert (digest.to, digest.at, digest.is_weekly, digest.picture) == (("ops", "screen"), 960, True, True)
    assert (digest.days, digest.holidays, digest.sources) == (frozenset({Weekday.FRI}), "FR", ("parts",))


def test_a_week_begins_on_monday_if_nobody_says(configured: Loader) -> None:
    (digest,) = configured(new="digests: {week: {to: ops, every: week}}\n").digests
    assert digest.days == {Weekday.MON}


@pytest.mark.parametrize(
    ("written", "key", "complaint"),
    [
        ("{}", "", "to"),
        ("{to: opps}", ".to", "there is no destination 'opps'; did you mean 'ops'?"),
        ("{to: ops, watchlists: plant 4}", ".watchlists", "there is no watchlist 'plant 4'"),
        ("{to: ops, sources: [part]}", ".sources", "there is no source 'part'"),
        ("{to: ops, at: 25:00}", ".at", "is not a time of day"),
        ('{to: ops, at: "24:00"}', ".at", "is the end of a day"),
        ("{to: ops, every: month}", ".every", ""),
        ("{to: ops, every: week, days: [mon, fri]}", ".days", "made on one"),
        ("{to: ops, holidays: XX}", ".holidays", "no holidays are known"),
        ("{to: ops, pictures: true}", ".pictures", "picture"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(problems: Problems, written: str, key: str, complaint: str) -> None:
    (problem,) = problems(new=f"digests:\n  morning: {written}\n")
    assert problem.key.startswith(f"digests.morning{key}")
    assert problem.line is not None
    assert complaint in problem.text


def test_a_place_that_gets_no_news_of_any_watchlist_has_to_say_what_it_is_about(tmp_path: Path) -> None:
    text = GOOD.replace("  screen: {chat: console}", "  screen: {chat: console}\n  boss: {chat: console}")
    with pytest.raises(ConfigError, match="'boss', where no watchlist's news goes"):
        load_text(tmp_path, text + "digests: {morning: {to: boss}}\n")
    assert load_text(tmp_path, text + "digests: {morning: {to: boss, watchlists: plant 3}}\n").digests
