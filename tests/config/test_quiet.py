"""Quiet hours as the file says them."""

from pathlib import Path

import pytest

from bot.errors import Problem
from bot.model.access import Grant
from bot.model.quiet import QuietWindow, Weekday
from tests.config.conftest import GOOD, Loader, Problems, load_text

NIGHTS = '\nquiet:\n  nights: {from: 19:00, to: "07:00"}\n'
NIGHT = QuietWindow(starts=19 * 60, ends=7 * 60, timezone="Europe/Paris")


def only(found: list[Problem]) -> Problem:
    assert len(found) == 1, found
    return found[0]


def test_a_destination_has_the_windows_of_every_name_it_gives(tmp_path: Path) -> None:
    text = GOOD.replace("channel: C0123456789}", "channel: C0123456789, quiet: [nights, free]}")
    destinations = load_text(
        tmp_path,
        text + NIGHTS + "  free:\n    - {days: [sat, sun]}\n    - {holidays: DE-BY, timezone: Europe/Berlin}\n",
    ).destinations
    weekend = QuietWindow(days=frozenset({Weekday.SAT, Weekday.SUN}), timezone="Europe/Paris")
    holidays = QuietWindow(days=frozenset(), timezone="Europe/Berlin", holidays="DE-BY")
    assert destinations["ops"].quiet == (NIGHT, weekend, holidays)
    assert destinations["screen"].quiet == ()


def test_a_person_has_quiet_hours_for_what_is_followed_from_chat(configured: Loader) -> None:
    config = configured(new=NIGHTS + "access: {slack: [{person: U1, quiet: nights}]}\n")
    assert config.access == (Grant(chat="slack", person="U1", quiet=(NIGHT,)),)


@pytest.mark.parametrize(
    ("window", "key", "complaint"),
    [
        ("{from: 19:00, to: 19:00}", ".to", "is the same as `from`"),
        ("{from: 25:00, to: 19:00}", ".from", "'25:00' is not a time of day"),
        ("{from: 24:00, to: 19:00}", ".from", "is the end of a day"),
        ("{from: 19:00}", "", "needs `from` and `to`"),
        ("{from: 19:00, to: 07:00, days: [mon, tues]}", ".days[1]", "'tues' is not known here; did you mean 'tue'?"),
        ("{from: 19:00, to: 07:00, zone: Europe/Paris}", ".zone", "is not a key here"),
        ("{form: 19:00, to: 07:00}", ".form", "did you mean 'from'?"),
        ("{days: sat, timezone: Europe/Pari}", ".timezone", "is not an IANA time zone"),
        ("{holidays: fr}", ".holidays", "did you mean 'FR'?"),
        ("{holidays: France}", ".holidays", "no holidays are known of 'France'"),
        ("{}", "", "is empty"),
        ("[]", "", "is empty"),
        ("{timezone: UTC}", "", "is quiet all week"),
        ("[{from: 07:00, to: 19:00}, {from: 18:00, to: 08:00}]", "", "is quiet all week"),
        ("[{days: sat}, {from: 7, to: 9}]", "[1].from", "7 is not a time of day"),
    ],
)
def test_an_impossible_window_is_refused_with_its_line_and_key(
    problems: Problems, window: str, key: str, complaint: str
) -> None:
    problem = problems(new=f"\nquiet:\n  nights: {window}\n")[0]
    assert (problem.line, problem.key) == (25, f"quiet.nights{key}")
    assert complaint in problem.text


def test_a_name_that_does_not_exist_is_refused_with_the_nearest(problems: Problems) -> None:
    problem = only(problems("{chat: console}", "{chat: console, quiet: night}" + "\n" + NIGHTS.strip("\n")))
    assert (problem.key, problem.text) == (
        "destinations.screen.quiet",
        "there are no quiet hours 'night'; did you mean 'nights'?",
    )


def test_a_name_without_any_quiet_hours_is_told_where_to_write_them(problems: Problems) -> None:
    problem = only(problems(new="access: {slack: [{person: U1, quiet: nights}]}\n"))
    assert problem.key == "access.slack[0].quiet"
    assert problem.text == "there are no quiet hours 'nights'; name it under `quiet:` first"


def test_quiet_hours_that_are_silent_only_together_are_refused_where_they_are_named(problems: Problems) -> None:
    quiet = NIGHTS.strip("\n") + "\n  days: {from: 06:00, to: 20:00}\n"
    problem = only(problems("{chat: console}", "{chat: console, quiet: [nights, days]}\n" + quiet))
    assert problem.key == "destinations.screen.quiet"
    assert "quiet all week" in problem.text


def test_a_misspelt_key_of_a_destination_names_the_nearest(problems: Problems) -> None:
    problem = only(problems("{chat: console}", "{chat: console, quite: nights}\n" + NIGHTS.strip("\n")))
    assert str(problem).endswith("destinations.screen.quite: is not a key here; did you mean 'quiet'?")
