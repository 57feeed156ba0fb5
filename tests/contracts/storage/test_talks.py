"""What every storage promises about what people set up by talking."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.model.access import Grant, Invite, Role
from bot.model.change import Kind
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.retention import Retention
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update


def asked(question: str = "q1", at: Moment = NINE) -> AuditEntry:
    return AuditEntry(chat="slack", question=question, person="U1", place="C1", at=at, verb="late", text="late")


def a_watch(**members: Any) -> ChatWatch:
    known: Mapping[str, Any] = {
        "source": "panels", "key": "FR/1", "destination": "telegram:-100:7", "written": "1", "chat": "telegram",
        "person": "9", "place": {"chat_id": -100, "topic": 7}, "since": NINE,
    }  # fmt: skip
    return ChatWatch.model_validate({**known, **members})


def a_mute(**members: Any) -> Mute:
    known: Mapping[str, Any] = {"source": "panels", "key": "FR/1", "destination": "ops", "person": "U1", "since": NINE}
    return Mute.model_validate({**known, **members})


def an_invite(code_hash: str = "h") -> Invite:
    return Invite(code_hash=code_hash, role=Role.WATCHER, sources=("panels",), made_at=NINE, expires_at=TEN)


async def test_a_question_begins_once_also_after_a_restart(store: Storage, reopen: Reopen) -> None:
    assert await store.talks.begin(asked()) is True
    assert await store.talks.begin(asked()) is False
    again = await reopen()
    assert await again.talks.begin(asked()) is False
    assert await again.talks.begin(asked("q2")) is True


async def test_two_deliveries_at_once_begin_once(store: Storage) -> None:
    assert sorted(await asyncio.gather(*(store.talks.begin(asked()) for _ in range(5)))) == [False] * 4 + [True]


async def test_a_button_is_known_after_a_restart_until_retention_drops_it(store: Storage, reopen: Reopen) -> None:
    await store.talks.begin(asked())
    await store.talks.finish(asked(), "answered", {"b1": "late page 2"})
    again = await reopen()
    assert await again.talks.button("b1") == "late page 2"
    assert await again.talks.button("b2") is None
    dropped = await again.tidy(ELEVEN, Retention(raw=timedelta(), sent=timedelta(minutes=30)))
    assert (dropped["questions"], dropped["buttons"]) == (1, 1)
    assert await again.talks.button("b1") is None


async def test_a_watch_is_kept_with_its_place_and_ends_when_taken_back(store: Storage, reopen: Reopen) -> None:
    assert await store.talks.watch(a_watch(name="drives"), "Europe/Paris") is True
    again = await reopen()
    assert await again.talks.watches() == [a_watch(name="drives")]
    assert await again.talks.place("telegram:-100:7") == Destination(
        name="telegram:-100:7", chat="telegram", address={"chat_id": -100, "topic": 7}, timezone="Europe/Paris"
    )
    assert await again.talks.unwatch("panels", "FR/1", "telegram:-100:7") is True
    assert await again.talks.unwatch("panels", "FR/1", "telegram:-100:7") is False
    assert await again.talks.watches() == []


async def test_a_private_talk_is_known_with_its_person(store: Storage) -> None:
    await store.talks.watch(a_watch(is_own_place=True), "UTC")
    place = await store.talks.place("telegram:-100:7")
    assert place is not None
    assert place.person == a_watch().person


async def test_watching_again_renames_and_does_not_forget_the_name(store: Storage) -> None:
    await store.talks.watch(a_watch(name="drives"), "UTC")
    assert await store.talks.watch(a_watch(), "UTC") is False
    assert [watch.name for watch in await store.talks.watches()] == ["drives"]
    await store.talks.watch(a_watch(name="line 3"), "UTC")
    assert [watch.name for watch in await store.talks.watches()] == ["line 3"]


async def test_a_mute_replaces_an_earlier_one_and_ends_with_its_time(store: Storage) -> None:
    await store.talks.mute(a_mute())
    await store.talks.mute(a_mute(until=TEN))
    (mute,) = await store.talks.mutes(NINE)
    assert (mute.until, mute.destination) == (TEN, "ops")
    assert await store.talks.mutes(TEN) == []
    assert await store.talks.unmute(a_mute()) is True
    assert await store.talks.unmute(a_mute()) is False


async def test_mutes_of_different_news_stand_beside_each_other(store: Storage, reopen: Reopen) -> None:
    everywhere = {"source": None, "key": None, "destination": None}
    wanted = [
        a_mute(kind=Kind.STATUS, note="they fix it", holds=True, until=TEN),
        a_mute(**everywhere, kind=Kind.STATUS),
        a_mute(**{**everywhere, "source": "panels"}, watchlist="plant 3"),
        a_mute(**{**everywhere, "destination": "ops"}),
    ]
    for mute in wanted:
        await store.talks.mute(mute)
        await store.talks.mute(mute)
    again = await reopen()
    assert [mute.model_copy(update={"id": 0}) for mute in await again.talks.mutes(NINE)] == wanted
    assert await again.talks.unmute(About(kind=Kind.STATUS)) is True
    assert len(await again.talks.mutes(NINE)) == 3


async def test_a_commit_ends_the_mutes_that_its_changes_end(store: Storage) -> None:
    await store.talks.mute(a_mute())
    await store.talks.mute(a_mute(destination="sales"))
    first, _ = await store.talks.mutes(NINE)
    record = a_record(an_update(an_order()))
    await store.commit(type(record)(record.source, record.at, updates=record.updates, ended_mutes=(first.id,)))
    assert [mute.destination for mute in await store.talks.mutes(NINE)] == ["sales"]


async def test_an_invite_lets_in_once_however_many_try_at_once(store: Storage) -> None:
    await store.talks.invite(an_invite())
    people = [Grant(chat="slack", person=f"U{number}") for number in range(5)]
    grants = await asyncio.gather(*(store.talks.redeem("h", person, NINE) for person in people))
    (grant,) = [grant for grant in grants if grant]
    assert (grant.role, grant.sources, grant.watchlists) == (Role.WATCHER, ("panels",), None)
    assert await store.talks.members() == [grant]


async def test_an_invite_is_worth_nothing_after_its_time_or_with_another_code(store: Storage) -> None:
    await store.talks.invite(an_invite())
    assert await store.talks.redeem("other", Grant(chat="slack", person="U1"), NINE) is None
    assert await store.talks.redeem("h", Grant(chat="slack", person="U1"), TEN) is None
    assert await store.talks.members() == []


async def test_a_group_comes_in_by_its_place(store: Storage) -> None:
    await store.talks.invite(an_invite())
    await store.talks.redeem("h", Grant(chat="telegram", place="-100"), NINE)
    (member,) = await store.talks.members()
    assert (member.person, member.place) == (None, "-100")


async def test_who_came_in_can_be_let_go(store: Storage) -> None:
    for number, member in enumerate((Grant(chat="slack", person="U1"), Grant(chat="slack", place="C1"))):
        await store.talks.invite(an_invite(f"h{number}"))
        await store.talks.redeem(f"h{number}", member, NINE)
    assert [await store.talks.dismiss("slack", id_) for id_ in ("U2", "", "U1", "U1")] == [False, False, True, False]
    assert [member.place for member in await store.talks.members()] == ["C1"]
