"""Whatever happens in whatever order: the rows of the outbox add up, and each destination is told in order."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import ManualClock
from bot.model.database import Database
from bot.model.moment import from_instant
from bot.model.outbox import Gathering, Notification, Settlement, State
from bot.ports import Storage
from bot.storage.doors import storage_of
from tests.contracts.storage.conftest import STORAGES
from tests.storage.making import a_record, claimed, news

Ending = Literal["sent", "dead", "again", "later"]
Step = (
    tuple[Literal["tell", "gather"], str, int] | tuple[Literal["send"], str, list[Ending]] | tuple[Literal["restart"]]
)

_DESTINATIONS = st.sampled_from(["ops", "sales"])
_ENDINGS = st.sampled_from(["sent", "dead", "again", "later"])
_STEPS = st.one_of(
    st.tuples(st.just("tell"), _DESTINATIONS, st.integers(0, 5)),
    st.tuples(st.just("send"), _DESTINATIONS, st.lists(_ENDINGS, max_size=4)),
    st.tuples(st.just("gather"), _DESTINATIONS, st.integers(2, 4)),
    st.tuples(st.just("restart")),
)


class Run:
    """A storage, and beside it the outbox as it ought to be."""

    def __init__(self, make: Callable[[], Storage]) -> None:
        self.clock = ManualClock()
        self.make = make
        self.store = make()
        self.told = 0
        self.open: dict[str, list[str]] = {"ops": [], "sales": []}
        self.sending: set[str] = set()
        self.touched: set[str] = set()
        """Keys that were claimed or gathered."""
        self.ended: dict[State, int] = {State.SENT: 0, State.DEAD: 0, State.MERGED: 0}

    async def tell(self, destination: str, number: int) -> None:
        """Commit new notifications together with one whose key is known already."""
        keys = [f"{self.told + offset}" for offset in range(number)]
        self.told += number
        self.open[destination] += keys
        await self.store.commit(a_record(tell=[news(key, destination) for key in ["0"][: self.told - number] + keys]))

    async def send(self, destination: str, endings: list[Ending]) -> None:
        """Claim one row more than there are endings: the last stays in flight."""
        now = from_instant(self.clock.now())
        rows = await claimed(self.store, destination, len(endings) + 1, now=now)
        expected = self.open[destination][: len(endings) + 1]
        assert [row.key for row in rows] == expected
        assert {row.key for row in rows if row.unclear} == self.sending & set(expected)
        self.sending |= {row.key for row in rows}
        self.touched |= self.sending
        await self.store.settle([self.end(row, ending) for row, ending in zip(rows, endings, strict=False)])

    async def gather(self, destination: str, number: int) -> None:
        """Make the youngest of what waits one, which is refused if any of it was ever claimed."""
        rows = await self.store.waiting(destination, limit=1000)
        keys, ids = self.open[destination][-number:], [row.id for row in rows][-number:]
        if len(keys) < 2:
            return
        told = Gathering(
            leader=ids[0],
            merged=dict.fromkeys(ids[1:], "together"),
            message=news("x").message,
            at=from_instant(self.clock.now()),
        )
        done = await self.store.gather(told)
        assert done == (not self.touched & set(keys))
        if done:
            self.touched.add(keys[0])
            self.ended[State.MERGED] += len(keys) - 1
            self.open[destination] = [key for key in self.open[destination] if key not in keys[1:]]

    def end(self, row: Notification, ending: Ending) -> Settlement:
        """What is written about a row, and noted in the expectation."""
        self.sending.discard(row.key)
        state = {"sent": State.SENT, "dead": State.DEAD}.get(ending, State.PENDING)
        if state is State.PENDING:
            wait = timedelta(hours=1 if ending == "later" else 0)
            not_before = from_instant(self.clock.now() + wait)
        else:
            self.open[row.destination].remove(row.key)
            self.ended[state] += 1
            not_before = None
        at = from_instant(self.clock.now())
        return Settlement(id=row.id, state=state, attempts=1, parts_sent=0, at=at, not_before=not_before)

    async def restart(self) -> None:
        """End the process and begin again, an hour later."""
        await self.store.close()
        self.store = self.make()
        await self.store.open()
        await self.clock.advance(3600, settle=0)

    async def check(self) -> None:
        """The rows add up, and those who are owed something are named."""
        counts = await self.store.counts()
        assert sum(counts[state] for state in State) == self.told
        assert {state: counts[state] for state in self.ended} == self.ended
        assert counts["sending"] == len(self.sending)
        owed = {row.destination: row.waiting for row in await self.store.owed()}
        assert owed == {name: len(keys) for name, keys in self.open.items() if keys}


async def _run(steps: list[Step], make: Callable[[], Storage]) -> None:
    run = Run(make)
    await run.store.open()
    try:
        for step in steps:
            match step:
                case ("tell", destination, number):
                    await run.tell(destination, number)
                case ("send", destination, endings):
                    await run.send(destination, endings)
                case ("gather", destination, number):
                    await run.gather(destination, number)
                case _:
                    await run.restart()
            await run.check()
    finally:
        await run.store.close()


@pytest.mark.parametrize("database", STORAGES.values(), ids=STORAGES.keys())
@settings(max_examples=40)
@given(steps=st.lists(_STEPS, max_size=20))
def test_the_rows_add_up_and_order_is_kept(database: Callable[[Path], Database], steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_run(steps, lambda: storage_of(database(Path(folder)), ManualClock(), holder="")))
