from datetime import timedelta

import pytest

from bot.core import settle
from bot.errors import (
    ChatBusy,
    ChatError,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    DestinationMoved,
    MessageRefused,
    SendUnclear,
)
from bot.model.moment import from_instant
from bot.model.outbox import Move, Settlement, State
from tests.core.making import NOW, notification

LATER = NOW + timedelta(hours=25)


def failed(error: ChatError, *, repeated: bool = False, **row: object) -> Settlement:
    return settle.failed(
        notification(**row), error, NOW, there={"chat_id": -1}, repeated=repeated, operators=("desk", "ops")
    )


def test_a_sent_message_keeps_its_ids() -> None:
    settlement = settle.sent(notification(), ["17.1"], 1, NOW)
    assert (settlement.state, settlement.message_ids, settlement.attempts) == (State.SENT, ("17.1",), 1)


def test_a_wait_asked_for_is_obeyed_exactly_and_is_no_failure() -> None:
    settlement = failed(ChatBusy("slack", "ratelimited", 30))
    assert settlement.not_before == from_instant(NOW + timedelta(seconds=30))
    assert settlement.attempts == 0


def test_what_surely_did_not_go_out_is_simply_tried_again() -> None:
    settlement = failed(ChatUnreachable("slack", "connection refused"))
    assert (settlement.state, settlement.unclear) == (State.PENDING, False)
    assert settlement.not_before is not None


def test_a_lost_answer_is_unclear_not_failed() -> None:
    assert failed(SendUnclear("telegram", "timed out")).unclear


def test_unclear_stays_unclear_through_other_failures() -> None:
    assert failed(ChatUnreachable("telegram", "refused"), unclear=True).unclear


def test_a_marked_repeat_that_is_unclear_again_is_not_repeated_a_second_time() -> None:
    settlement = failed(SendUnclear("telegram", "timed out"), repeated=True, unclear=True)
    assert settlement.state is State.DEAD
    assert "may have arrived" in (settlement.reason or "")


def test_a_refused_message_is_dead_at_once_and_operators_hear_of_it() -> None:
    settlement = failed(MessageRefused("slack", "invalid_blocks"))
    assert settlement.state is State.DEAD
    assert [notice.destination for notice in settlement.notices] == ["desk"]


@pytest.mark.parametrize("error", [DestinationBroken("slack", "is_archived"), ChatRefused("slack", "token_revoked")])
def test_trouble_that_needs_a_person_waits_and_is_told_elsewhere(error: ChatError) -> None:
    settlement = failed(error)
    assert settlement.state is State.PENDING
    assert [notice.destination for notice in settlement.notices] == ["desk"]


def test_the_same_trouble_is_told_under_the_same_key() -> None:
    first, again = (failed(DestinationBroken("slack", "is_archived"), attempts=n).notices[0].key for n in (0, 4))
    assert first == again


def test_a_moved_destination_is_tried_at_its_new_address_at_once() -> None:
    settlement = failed(DestinationMoved("telegram", "upgraded", {"chat_id": -100}))
    assert settlement.moved == Move(old={"chat_id": -1}, new={"chat_id": -100})
    assert (settlement.not_before, settlement.state) == (None, State.PENDING)


REFUSED = ChatUnreachable("slack", "refused")


@pytest.mark.parametrize(
    ("error", "attempts", "state"),
    [(REFUSED, 20, State.DEAD), (REFUSED, 3, State.PENDING), (ChatBusy("slack", "ratelimited", 30.0), 0, State.DEAD)],
)
def test_after_a_day_of_trying_it_is_a_dead_letter_and_not_after_a_day_of_being_switched_off(
    error: ChatError, attempts: int, state: State
) -> None:
    row = notification(attempts=attempts)
    settlement = settle.failed(row, error, LATER, there={}, repeated=False, operators=("desk",))
    assert settlement.state is state
    assert ("24 hours" in (settlement.reason or "")) == (state is State.DEAD)


def test_a_dead_letter_that_may_have_arrived_says_so() -> None:
    row = notification(attempts=40, unclear=True)
    settlement = settle.failed(row, REFUSED, LATER, there={}, repeated=False, operators=())
    assert "it may have arrived" in (settlement.reason or "")


def test_waits_grow_and_stay_bounded() -> None:
    waits = []
    for attempts in range(20):
        not_before = failed(ChatUnreachable("slack", "refused"), attempts=attempts).not_before
        assert not_before is not None
        waits.append(not_before)
    assert waits[0] < waits[3] < waits[6]
    assert max(waits) <= from_instant(NOW + timedelta(seconds=settle.LONGEST_WAIT))
