"""Which news waits for somebody, what ends it, and who is called."""

import pytest

from bot.core.alert_buttons import alert_buttons, pressed
from bot.core.care import Care
from bot.core.commands import parse
from bot.core.exceptions import EXCEPTIONS, ended_by, opened_by
from bot.model.access import Role
from bot.model.change import Change, Kind
from bot.model.command import Command, Misread, Verb
from bot.model.exception import Assignment
from bot.model.moment import Moment
from tests.core.making import notification


def of(*kinds: Kind) -> list[Change]:
    return [Change(kind=kind) for kind in kinds]


def test_news_that_needs_somebody_waits_and_other_news_does_not() -> None:
    assert set(opened_by(of(Kind.STATUS, Kind.SLIPPED, Kind.COMPLETED, Kind.OVERDUE))) == {Kind.SLIPPED, Kind.OVERDUE}


def test_a_reminder_begins_nothing() -> None:
    assert opened_by([Change(kind=Kind.STUCK, again=1)]) == {}


@pytest.mark.parametrize(
    ("happens", "ends"),
    [
        (Kind.STATUS, {Kind.STUCK, Kind.NOT_MOVING, Kind.MOVED_BACKWARDS}),
        (Kind.REAPPEARED, {Kind.VANISHED}),
        (Kind.SLIPPED, {Kind.OVERDUE}),
        (Kind.COMPLETED, EXCEPTIONS - {Kind.CANCELLED_AFTER_DISPATCH}),
        (Kind.QUANTITY, set()),
    ],
)
def test_what_is_over_waits_no_more(happens: Kind, ends: set[Kind]) -> None:
    assert ended_by(of(happens)) == ends


def test_a_slip_is_over_once_the_first_promise_holds_again() -> None:
    earlier = {"kind": Kind.MOVED_EARLIER, "before": "2026-12-09", "first": "2026-12-01"}
    assert ended_by([Change.model_validate({**earlier, "after": "2026-12-04"})]) == frozenset()
    assert ended_by([Change.model_validate({**earlier, "after": "2026-12-01"})]) == {Kind.SLIPPED}


def test_whoever_takes_care_is_called_and_nobody_else() -> None:
    since = Moment("2026-12-01T09:00:00Z")
    mine = Assignment(source="panels", key="1", chat="slack", person="U7", by="U7", since=since)
    care = Care(chats={"ops": "slack", "sales": "telegram"})
    care.become([mine])
    assert care.called("1", "ops", ["U1", "U2"]) == ("U7",)
    assert care.called("1", "slack:C9", []) == ("U7",)
    assert care.called("1", "sales", ["@bob"]) == ()
    assert care.called("2", "ops", ["U1"]) == ("U1",)


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("ack 45001234", {"names": ("45001234",), "note": None}),
        ("acknowledge 45001234 note they send it again", {"names": ("45001234",), "note": "they send it again"}),
        ("assign 45001234 me", {"names": ("45001234",), "person": "me", "for_me": True}),
        ("assign 45001234 to @U0123456789", {"names": ("45001234",), "person": "@U0123456789"}),
        ("assign 45001234 U0123456789", {"names": ("45001234",), "person": "U0123456789"}),
        ("assign 45001234 at panels to me", {"names": ("45001234",), "source": "panels", "for_me": True}),
        ("unassign 45001234 at panels", {"names": ("45001234",), "source": "panels"}),
    ],
)
def test_care_is_asked_for_as_people_write_it(text: str, members: dict[str, object]) -> None:
    command = parse(text)
    assert isinstance(command, Command)
    assert {name: getattr(command, name) for name in members} == members


@pytest.mark.parametrize("text", ["assign 45001234", "ack 45001234 note", "ack", "assign @U0123456789"])
def test_what_is_missing_is_named(text: str) -> None:
    assert isinstance(parse(text), Misread)


def labels(kinds: tuple[str, ...], role: Role = Role.WATCHER) -> list[str]:
    return [button.label for button in alert_buttons(notification(kinds=kinds), role)]


def test_only_alerts_that_wait_for_somebody_can_be_acknowledged_and_taken() -> None:
    assert labels(("slipped",))[:2] == ["Acknowledge", "Assign to me"]
    assert "Acknowledge" not in labels(("status",))
    assert "Acknowledge" not in labels(("slipped",), Role.VIEWER)


def test_a_pressed_button_asks_what_it_says() -> None:
    told = notification(kinds=("stuck",))
    asked = [press.asks(told) for button in alert_buttons(told, Role.WATCHER) if (press := pressed(button.key))]
    commands = [parse(text) for text in asked[:2] if text]
    assert [command.verb for command in commands if isinstance(command, Command)] == [Verb.ACK, Verb.ASSIGN]
    assert isinstance(commands[1], Command)
    assert commands[1].for_me
