"""When time alone makes news, as the file says it."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.model.alarm import Alarms, Escalation, Patience
from tests.config.conftest import GOOD, Loader, Problems, load_text

_OWN = "    every: 5m\n"


def own(loader: Loader, block: str) -> Alarms:
    """What the only watchlist amounts to."""
    config = loader(_OWN, f"{_OWN}    alarms: {block}\n")
    alarms = config.watchlists["plant 3"].alarms
    assert alarms is not None
    return alarms


def test_without_a_word_everything_is_as_usual_in_the_zone_of_the_file(configured: Loader) -> None:
    config = configured()
    assert config.alarms == Alarms(timezone="Europe/Paris")
    assert config.watchlists["plant 3"].alarms == config.alarms


def test_a_status_has_its_own_patience_by_word_whatever_its_case(configured: Loader) -> None:
    stuck = own(configured, "{stuck: {In_Production: 10 working days, placed: 36h, others: off}}").stuck
    assert stuck == {
        "in production": Patience(working_days=10),
        "placed": Patience(span=timedelta(hours=36)),
        "others": None,
    }


def test_stuck_off_is_off_for_every_status(configured: Loader) -> None:
    assert own(configured, "{stuck: off}").stuck == {"others": None}


def test_times_of_day_are_minutes_and_off_is_none(configured: Loader) -> None:
    found = own(configured, '{due_today: "06:30", overdue: true, not_moving: off, remind: off, archive: off}')
    assert (found.due_today, found.overdue) == (390, 0)
    assert (found.not_moving, found.remind, found.archive) == (None, None, None)


def test_what_waits_is_passed_on_as_it_is_written(configured: Loader) -> None:
    found = own(configured, "{escalate: {after: 4h, to: ops}}").escalate
    assert found == Escalation(after=Patience(span=timedelta(hours=4)), to=("ops",))


def test_a_watchlist_changes_only_what_it_says(tmp_path: Path) -> None:
    text = "alarms: {holidays: FR, stuck: {confirmed: 3 working days}, slipped: 5d}\n"
    config = load_text(tmp_path, GOOD.replace(_OWN, f"{_OWN}    alarms: {{stuck: {{placed: 1 working day}}}}\n") + text)
    found = config.watchlists["plant 3"].alarms
    assert found is not None
    assert (found.holidays, found.slipped) == ("FR", timedelta(days=5))
    assert found.stuck == {"confirmed": Patience(working_days=3), "placed": Patience(working_days=1)}


@pytest.mark.parametrize(
    ("block", "key", "complaint"),
    [
        ("{stuck: {confirmed: 3 workdays}}", "stuck.confirmed", "is no time: write 3 working days, 7d, 36h, or off"),
        ("{stuck: {confirmed: 0 working days}}", "stuck.confirmed", "must be from 1 to 366 working days"),
        ("{stuck: 3 working days}", "stuck", "must be"),
        ("{due_today: 7 am}", "due_today", "'7 am' is not a time of day"),
        ("{overdue: soon}", "overdue", "'soon' is not a time of day"),
        ("{archive: 36h}", "archive", "must be whole days"),
        ("{escalate: {after: 4h, to: bos}}", "escalate.to", "there is no destination 'bos'"),
        ("{escalate: {after: soon, to: ops}}", "escalate.after", "'soon' is no time"),
        ("{remind: 0s}", "remind", "must be longer than nothing"),
        ("{overdu: off}", "overdu", "did you mean 'overdue'?"),
        ("{holidays: fr}", "holidays", "did you mean 'FR'?"),
        ("{timezone: Paris}", "timezone", "is not an IANA time zone"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(problems: Problems, block: str, key: str, complaint: str) -> None:
    (found,) = problems(new=f"alarms: {block}\n")
    assert (found.key, found.line) == (f"alarms.{key}", 23)
    assert complaint in found.text
    (inside,) = problems(_OWN, f"{_OWN}    alarms: {block}\n")
    assert inside.key == f"watchlists.plant 3.alarms.{key}"
