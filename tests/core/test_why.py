"""Why somebody was told, or not yet: with what company, and what is waited for."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.answers_history import why
from bot.core.phrases import Reading
from bot.model.access import Role
from bot.model.moment import Moment
from bot.model.outbox import Destination, State
from bot.model.quiet import QuietWindow
from bot.model.view import Found, Told
from tests.core.making import NOW, order, snapshot, words

AT = Moment("2026-11-24T09:00:00Z")
FOUND = Found(snapshot(order()), AT, vanished=False, scopes=(), next_poll_at=None)
READING = Reading(now=NOW, zone=ZoneInfo("Europe/Paris"), labels={}, healths={})


def sending(told: Told, role: Role = Role.OPERATOR) -> str:
    ops = Destination(name="ops", chat="slack", quiet=(QuietWindow(starts=0, ends=23 * 60),))
    answer = why(FOUND, [told], {}, replace(READING, role=role), destinations={"ops": ops})
    return words(answer.messages[0]).split("\n")[1]


def told_row(state: State, *, reason: str | None = None, **members: Any) -> Told:
    return replace(Told(2, "ops", state, ("status",), "notify[0]", AT, None, AT, reason), **members)


@pytest.mark.parametrize(
    ("row", "said_"),
    [
        (told_row(State.SENT), f"told ops at {AT} · by notify[0]"),
        (told_row(State.SENT, others=12), f"told ops at {AT}, together with 12 others · by notify[0]"),
        (
            told_row(State.MERGED, others=1, told_by=State.SENT, reason="told with notification 1"),
            f"told ops at {AT}, together with 1 other · by notify[0]",
        ),
        (
            told_row(State.MERGED, others=3, told_by=State.PENDING, reason="told with notification 1"),
            "waiting for ops, together with 3 others · by notify[0]",
        ),
        (
            told_row(State.MERGED, reason="back where it began"),
            "not told to ops · by notify[0] · back where it began",
        ),
        (
            told_row(State.PENDING, settled_at=None),
            "waiting for ops, waits for the end of quiet hours until 2026-11-24T23:00:00Z · by notify[0]",
        ),
    ],
)
def test_why_says_with_whom_news_was_told_and_what_it_waits_for(row: Told, said_: str) -> None:
    assert sending(row) == f"{AT}: status · {said_}"


def test_why_says_nothing_of_the_quiet_hours_of_others() -> None:
    row = told_row(State.PENDING, destination="slack:U7", not_before=AT)
    assert sending(row, Role.VIEWER) == f"{AT}: status · waiting for another chat, not before {AT}"
