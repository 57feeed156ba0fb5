"""Thousands of orders at once: a first import is one line for each watchlist, and the same again is nothing."""

from pathlib import Path

from bot.clock import ManualClock
from bot.loops.rounds import Rounds
from bot.storage.sqlite import SqliteStorage
from tests.core.making import CONFIRMED, DELIVERED, order, watchlist
from tests.loops.scripted import ScriptedSource, open_storage, owed, started

MANY = 5000
LISTS = (watchlist("plant 1", where={"plant": "1"}), watchlist("plant 2", where={"plant": "2"}))


def thousands(**members: object) -> ScriptedSource:
    """One in ten is still open, as with most customers."""
    orders = (
        order(key=f"FR/{number}", number=f"{number}", status=DELIVERED if number % 10 else CONFIRMED, **members)
        for number in range(MANY)
    )
    source = ScriptedSource(*orders)
    source.page_size = 100
    return source


async def look_at_all(source: ScriptedSource, storage: SqliteStorage, clock: ManualClock) -> Rounds:
    """Start, and do everything that is due."""
    rounds = await started(source, storage, clock, *LISTS)
    while (job := rounds.ledger.agenda.pop(clock.monotonic())) is not None:
        await rounds.do(job)
    return rounds


async def test_a_first_import_is_one_line_for_each_watchlist_and_the_same_again_is_nothing(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    storage = await open_storage(tmp_path, clock)
    await look_at_all(thousands(version="1"), storage, clock)
    first = await storage.notifications()
    assert [row.kinds for row in first] == [("now_watching",)] * len(LISTS)
    assert (await storage.counts())["orders"] == MANY
    await clock.advance(7200)
    await look_at_all(thousands(version="2"), storage, clock)
    assert len(await owed(storage)) == len(LISTS)
    assert (await storage.counts())["changes"] == 0
    await storage.close()
