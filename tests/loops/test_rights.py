"""Who may see what, over the real store."""

from typing import Any

import pytest

from bot.clock import ManualClock
from bot.core.access import hash_of, place_id
from bot.model.access import Grant, Invite, Role
from bot.model.moment import Moment
from bot.model.outbox import Destination, Move
from bot.storage.sqlite import SqliteStorage
from tests.core.making import order, watchlist
from tests.loops.asking import CHANNEL, OPERATOR, Shop, a_bot, one, panels, plain
from tests.storage.making import a_record, again, news

SLACK = {"chat": "slack", "person": "U9", "place": {"channel": "C1"}}
TELEGRAM = {"chat": "telegram", "person": "9", "place": {"chat_id": -100}, "is_overheard": True}
VERBS = (
    "status {}", "status {} full", "status {} share", "history {}", "why {}", "check {}", "mute {} 1h", "unmute {}",
    "unwatch {}", "watch {}", "watch {} me", "watch {} at shop", "{}",
)  # fmt: skip


@pytest.mark.parametrize("who", [SLACK, TELEGRAM], ids=["slack", "telegram"])
@pytest.mark.parametrize("asks", VERBS)
async def test_an_order_of_others_answers_exactly_like_one_that_does_not_exist(
    storage: SqliteStorage, clock: ManualClock, asks: str, who: dict[str, Any]
) -> None:
    given = Grant(chat=who["chat"], place=place_id(who["place"]), role=Role.WATCHER, watchlists=("all panels",))
    hidden = order(source="shop", key="7700001", number="7700001")
    reads = Reads(storage)
    bot = await a_bot(
        storage, clock, panels(one()), Shop(hidden),
        watchlists=(watchlist(), watchlist("web shop", source="shop")), grants=(given,), views=reads, talks=reads.talks,
    )  # fmt: skip
    theirs, of_theirs = await bot.hear(asks.format("7700001"), **who), reads.taken()
    nobodys, of_nobodys = await bot.hear(asks.format("7700002"), **who), reads.taken()
    assert theirs.replace("7700001", "7700002") == nobodys != ""
    assert of_theirs == of_nobodys != []
    assert len(await storage.find_orders("7700001")) == 1


@pytest.mark.parametrize("asks", VERBS)
async def test_an_order_of_others_that_only_the_config_names_is_not_known_either(
    storage: SqliteStorage, clock: ManualClock, asks: str
) -> None:
    given = Grant(chat="slack", place="C1", role=Role.WATCHER, watchlists=("all panels",))
    named = watchlist("web shop", source="shop", orders=("7700001",))
    reads = Reads(storage)
    bot = await a_bot(
        storage, clock, panels(one()), Shop(),
        watchlists=(watchlist(), named), grants=(given,), views=reads, talks=reads.talks,
    )  # fmt: skip
    theirs, of_theirs = await bot.hear(asks.format("7700001"), **SLACK), reads.taken()
    nobodys, of_nobodys = await bot.hear(asks.format("7700002"), **SLACK), reads.taken()
    assert (theirs.replace("7700001", "7700002"), of_theirs) == (nobodys, of_nobodys)


async def test_a_list_shows_only_what_was_given(storage: SqliteStorage, clock: ManualClock) -> None:
    hidden = order(source="shop", key="7700001", number="7700001")
    bot = await a_bot(
        storage, clock, panels(one()), Shop(hidden),
        watchlists=(watchlist(), watchlist("web shop", source="shop")), grants=(CHANNEL, OPERATOR),
    )  # fmt: skip
    assert "7700001" not in await bot.hear("list", person="U9")
    assert "7700001" in await bot.hear("list", person="U0")
    assert await bot.hear("list source shop", person="U9") == (await bot.hear("list source nix", person="U9")).replace(
        "nix", "shop"
    )


async def test_where_others_read_only_the_places_own_rights_count(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()), grants=(OPERATOR,))
    assert "Confirmed" in await bot.hear("status 4500001", person="U0", channel="C7")
    assert "do not know you" in await bot.hear("status 4500001", person="U0", channel="C7", is_overheard=True)
    shared = await bot.ask("status 4500001 share", person="U0", channel="C7")
    assert shared is not None
    assert not shared.is_public
    assert "this chat may not see the order 4500001" in plain(shared)


async def test_a_stranger_gets_one_short_refusal_with_the_id_to_pass_on(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    said = [await bot.ask("status 4500001", person="U666", channel="C666") for _ in range(9)]
    assert "slack, person U666, place C666" in plain(said[0])
    assert "4500001" not in plain(said[0])
    assert said[1:] == [None] * 8
    assert await bot.ask("good morning", person="U666", channel="C666", via="message", is_overheard=True) is None


async def test_a_home_tab_that_a_stranger_opens_leaves_them_their_refusal(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    away = {"person": "U666", "channel": "U666", "is_private": True}
    homes = [await bot.hear("list mine", via="home", **away) for _ in range(3)]
    assert "do not know you" in homes[0]
    assert homes[1:] == ["", ""]
    assert "do not know you" in await bot.hear("status 4500001", **away)


async def test_an_invite_lets_one_person_in_once(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    now, later = Moment("2026-01-05T09:00:00Z"), Moment("2026-01-05T10:00:00Z")
    await storage.talks.invite(
        Invite(code_hash=hash_of("abc"), role=Role.VIEWER, sources=("panels",), made_at=now, expires_at=later)
    )
    away = {"person": "U5", "channel": "C5"}
    assert "Welcome" in await bot.hear("abc", via="start", **away)
    assert "4500001" in await bot.hear("list", **away)
    assert "not valid" in await bot.hear("join abc", person="U6", channel="C6")
    assert "do not know you" in await bot.hear("list", person="U6", channel="C6")


@pytest.mark.parametrize(("text", "via"), [("abc", "start"), ("join abc", "command")])
async def test_an_invite_is_good_whatever_a_stranger_wrote_before(
    storage: SqliteStorage, clock: ManualClock, text: str, via: str
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    now, later = Moment("2026-01-05T09:00:00Z"), Moment("2026-01-05T10:00:00Z")
    await storage.talks.invite(Invite(code_hash=hash_of("abc"), role=Role.VIEWER, made_at=now, expires_at=later))
    for _ in range(9):
        await bot.ask("hello", person="U5", channel="C5")
    assert "Welcome" in await bot.hear(text, via=via, person="U5", channel="C5")


async def test_a_stranger_is_told_again_after_an_hour(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    away = {"person": "U666", "channel": "C666"}
    assert "do not know you" in await bot.hear("hello", **away)
    await clock.advance(3599)
    assert await bot.ask("hello", **away) is None
    await clock.advance(3601)
    assert "do not know you" in await bot.hear("hello", **away)


async def test_wrong_codes_are_limited(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    said = [await bot.hear(f"join wrong{number}", person="U6", channel="C6") for number in range(8)]
    assert ["not valid" in each for each in said] == [True] * 5 + [False] * 3
    assert "I answer you again in 10 min" in said[5]
    assert said[6:] == ["", ""]


async def test_too_many_questions_are_refused_once_and_then_answered_again(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    said = [await bot.ask("late") for _ in range(25)]
    assert "I answer you again in 60 s" in plain(said[20])
    assert said[21:] == [None] * 4
    await clock.advance(61)
    assert "No order" in await bot.hear("late")


class Reads:
    """A part of the store that notes, by name and in order, what it is asked for."""

    def __init__(self, behind: Any, noted: list[str] | None = None) -> None:
        self._behind = behind
        self._noted: list[str] = [] if noted is None else noted

    @property
    def talks(self) -> Any:
        """What people set up by talking, noted in the same list."""
        return Reads(self._behind.talks, self._noted)

    def taken(self) -> list[str]:
        """What was noted since this was asked last."""
        noted = list(self._noted)
        self._noted.clear()
        return noted

    def __getattr__(self, name: str) -> Any:
        self._noted.append(name)
        return getattr(self._behind, name)


async def moved(storage: SqliteStorage, **move: dict[str, Any]) -> None:
    """A send to the operators' channel found out that it has another address."""
    await storage.commit(a_record(tell=[news("one")]))
    (row,) = await storage.claim([1], now=Moment("2026-01-05T09:00:00Z"))
    await storage.settle([again(row.id, None).model_copy(update={"moved": Move.model_validate(move)})])


@pytest.mark.parametrize(
    ("place", "name"), [({"channel": "CNEW"}, "ops"), ({"channel": "CNEW", "topic": 7}, "slack:COPS:7")]
)
async def test_a_place_with_a_new_address_is_the_place_it_was(
    storage: SqliteStorage, clock: ManualClock, place: dict[str, Any], name: str
) -> None:
    grant = Grant(chat="slack", place="COPS", role=Role.OPERATOR)
    await moved(storage, old={"channel": "COPS"}, new={"channel": "CNEW"})
    bot = await a_bot(storage, clock, panels(one()), grants=[grant])
    here = {"person": "U0", "place": place, "is_overheard": True}
    assert "No status news here" in await bot.hear("mute kind status", **here)
    assert [mute.destination for mute in bot.following.mutes] == [name]
    assert bot.following.role_at(Destination(name="ops", chat="slack", address={"channel": "CNEW"})) is Role.OPERATOR


async def test_an_old_move_means_nothing_once_people_wrote_another_address(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    await moved(storage, old={"channel": "CELSE"}, new={"channel": "CNEW"})
    grant = Grant(chat="slack", place="CELSE", role=Role.OPERATOR)
    bot = await a_bot(storage, clock, panels(one()), grants=[grant])
    assert await bot.ask("list", person="U0", channel="CNEW", is_overheard=True, via="message") is None
