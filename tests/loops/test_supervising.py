"""Loops that fail: they come back, whoever looks sees that they give no sign of life, and operators hear of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.clock import ManualClock
from bot.core.voices import Voices
from bot.errors import StorageError
from bot.loops.own_trouble import OwnTrouble
from bot.loops.supervisor import BEAT_EVERY, Loop, Supervisor
from bot.model.moment import from_instant
from bot.storage.sqlite import SqliteStorage
from tests.core.making import words
from tests.loops.scripted import owed


class Sound:
    """A loop that does what it should."""

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


class Broken(Sound):
    """A loop that fails whenever it runs, after so many seconds, until it is mended."""

    def __init__(self, clock: ManualClock | None = None, seconds: float = 0.0) -> None:
        self.runs = 0
        self.is_mended = False
        self._clock = clock
        self._seconds = seconds

    async def run(self, stop: asyncio.Event) -> None:
        self.runs += 1
        if not self.is_mended:
            if self._clock:
                await self._clock.sleep(self._seconds)
            raise StorageError("orderwatch.db: the disk is full")
        await super().run(stop)


class Company:
    """Whoever is told of failing loops; while `is_deaf` it cannot be written down."""

    def __init__(self) -> None:
        self.heard: list[Mapping[str, str]] = []
        self.is_deaf = False

    async def cry(self, errors: Mapping[str, str]) -> None:
        if self.is_deaf:
            raise StorageError("orderwatch.db: the disk is full")
        self.heard.append(errors)


@asynccontextmanager
async def supervised(
    storage: SqliteStorage, clock: ManualClock, company: Company, **loops: Loop
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(Supervisor(loops, storage, clock, company.cry).run(stop))
    yield
    stop.set()
    await running


async def minutes(clock: ManualClock, storage: SqliteStorage, number: float) -> None:
    """Let time pass, and what is being written be written."""
    for _ in range(round(number * 60 / BEAT_EVERY)):
        await clock.advance(BEAT_EVERY)
        await storage.counts()
        await asyncio.sleep(0.01)


async def test_a_loop_that_fails_for_a_minute_is_told_once(storage: SqliteStorage, clock: ManualClock) -> None:
    company, broken = Company(), Broken()
    async with supervised(storage, clock, company, janitor=broken, poller=Sound()):
        await minutes(clock, storage, 0.5)
        assert (company.heard, broken.runs > 3) == ([], True)
        await minutes(clock, storage, 5)
    assert company.heard == [{"janitor": "StorageError: orderwatch.db: the disk is full"}]


async def test_what_could_not_be_written_is_told_once_it_can_and_all_in_one(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    company, loops = Company(), {name: Broken() for name in ("janitor", "notifier")}
    company.is_deaf = True
    async with supervised(storage, clock, company, **loops):
        await minutes(clock, storage, 3)
        for loop in loops.values():
            loop.is_mended = True
        company.is_deaf = False
        await minutes(clock, storage, 3)
    assert [sorted(errors) for errors in company.heard] == [["janitor", "notifier"]]


async def test_a_loop_that_fails_at_each_start_gives_no_sign_of_life_and_one_that_runs_again_does(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    broken = Broken(clock, BEAT_EVERY + 1)
    async with supervised(storage, clock, Company(), janitor=broken, poller=Sound()):
        last = []
        for _ in range(16):
            await minutes(clock, storage, 0.25)
            last.append((await storage.beats())["janitor"])
        assert len(set(last[2:])) == 1
        assert last[-1] < from_instant(clock.now()) == (await storage.beats())["poller"]
        broken.is_mended = True
        await minutes(clock, storage, 4)
        assert len(set((await storage.beats()).values())) == 1


async def test_operators_are_told_which_loop_fails_why_and_what_to_do(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    await OwnTrouble(storage, clock, ["desk"], Voices()).loops_fail({"janitor": "StorageError: the disk is full"})
    assert await owed(storage) == [("desk", ("loop_failing",))]
    (row,) = await storage.notifications()
    assert words(row.message).splitlines() == [
        "Part of orderwatch fails · janitor",
        "StorageError: the disk is full",
        "It is tried again by itself. Whether it still fails: orderwatch healthcheck. If so, start orderwatch again, "
        "and report it.",
    ]
