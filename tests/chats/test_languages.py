"""Dates and marks of a message are in its language, in every chat."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.chats._pages import pages
from bot.chats._slack_blocks import MEASURE, blocks
from bot.chats._text import plain_line, tidy
from bot.languages import languages
from bot.model.message import Line, Message, Text, When
from bot.model.moment import Moment

PARIS = ZoneInfo("Europe/Paris")


def message(language: str, at: str = "2026-03-01T13:30:00Z") -> Message:
    return Message(headline=Line(spans=(When(at=Moment(at)),)), language=language)


def page(language: str, *, repeated: bool = False) -> Any:
    (one,) = pages(message(language), MEASURE, PARIS, repeated=repeated)
    return one


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "Sun 1 Mar 2026"),
        ("fr", "dim. 1 mars 2026"),
        ("nl", "zo 1 mrt 2026"),
        ("de", "So., 1. März 2026"),
    ],
)
def test_a_day_is_written_as_its_readers_write_it(language: str, day: str) -> None:
    assert plain_line(tidy(message(language, "2026-03-01")).headline, PARIS) == day
    assert plain_line(tidy(message(language)).headline, PARIS) == f"{day}, 14:30 CET"


@pytest.mark.parametrize(("language", "joint"), [("en", "at"), ("fr", "à"), ("nl", "om"), ("de", "um")])
def test_slack_is_asked_for_the_day_and_time_with_the_word_between_them(language: str, joint: str) -> None:
    assert f"{{date_short_pretty}} {joint} {{time}}" in json.dumps(blocks(page(language), PARIS), ensure_ascii=False)


def test_a_repeat_says_so_in_the_language_of_the_message() -> None:
    assert "(peut-être en double)" in page("fr", repeated=True).plain(PARIS)


@pytest.mark.parametrize("language", languages())
def test_a_repeat_falls_into_the_same_parts_in_every_language(language: str) -> None:
    lines = tuple(Line(spans=(Text(text="x" * 300),)) for _ in range(60))
    long = message(language).model_copy(update={"body": lines})
    first, again = (pages(long, MEASURE, PARIS, repeated=repeated) for repeated in (False, True))
    assert [one.body for one in first] == [one.body for one in again]
