"""A run that was simulated, and the same told again: by the same config nothing differs, by another what it changes."""

import asyncio
import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app import build_sources
from bot.backtest import Backtest, backtest
from bot.clock import ManualClock
from bot.config.load import Config, load
from bot.core.compare import Difference
from bot.core.plan import Sight, order_seen
from bot.crew import book_of, telling_of
from bot.loops.notifier import Notifier
from bot.model.moment import from_instant
from bot.model.order import Order, Snapshot, Stage, Status
from bot.model.poll import OrderState, PollRecord
from bot.storage.sqlite import SqliteStorage
from tests.core.making import package, shipment
from tests.loops.scripted import ScriptedChat

START = datetime(2026, 3, 28, 6, 0, tzinfo=UTC)
"""A Saturday: clocks go forward in the night."""
HOURS = 40
WORDS = [
    ("Placed", Stage.PLACED), ("Confirmed", Stage.CONFIRMED), ("In production", Stage.IN_PROGRESS),
    ("Shipped", Stage.SHIPPED), ("Cancelled", Stage.CANCELLED),
]  # fmt: skip
SETTINGS: dict[str, Any] = {
    "timezone": "Europe/Paris",
    "sources": {"shop": {"kind": "stateset", "token": "made-up"}},
    "quiet": {"nights": [{"from": "19:00", "to": "07:00", "timezone": "Europe/Paris"}]},
    "destinations": {
        "ops": {"chat": "console", "storm": 4},
        "sales": {"chat": "console", "quiet": "nights", "storm": 4},
        "digest": {"chat": "console", "group_interval": "2h"},
    },
    "watchlists": {
        "web shop": {
            "source": "shop",
            "orders": "all",
            "confirm": {"status": "10m"},
            "notify": [{"to": "sales", "on": ["status", "cancelled"], "continue": True}, {"to": ["ops", "digest"]}],
        }
    },
    "notify": [{"to": "ops"}],
    "operators": {"to": "ops"},
}


class World:
    """Orders that change every few minutes, a store that is told of it, and a notifier that tells."""

    def __init__(self, config: Config, storage: SqliteStorage, clock: ManualClock, seed: int) -> None:
        source = build_sources(config, clock)["shop"]
        self.chat = ScriptedChat()
        self._telling = telling_of(config, source)
        self._watchlists = book_of(config, source).following("1", ["*"])
        self._storage = storage
        self._clock = clock
        self._random = random.Random(seed)
        self._known: dict[str, Snapshot] = {}
        self._notifier = Notifier(
            storage, clock, {"console": self.chat}, config.destinations, operators=(), labels={"shop": source.label}
        )

    async def live(self) -> None:
        at = from_instant(self._clock.now())
        await self._storage.commit(PollRecord("shop", at, swept={"*": at}))
        for number in range(12):
            await self._see(self._order(str(number), "Placed", Stage.PLACED, 0))
        for _ in range(HOURS * 12):
            await self._notifier.drain()
            burst = self._random.choices((0, 1, 12), (60, 30, 2))[0]
            for number in self._random.sample(range(12), burst):
                word, stage = self._random.choice(WORDS)
                await self._see(self._order(str(number), word, stage, self._random.randrange(3)))
                await self._notifier.drain()
            await self._clock.advance(6, settle=1)
            await self._notifier.drain()
            await self._clock.advance(294, settle=1)

    async def _see(self, order: Order) -> None:
        known = self._known.get(order.key)
        state = OrderState(order.key, seq=known.seq if known else 0, scopes=("*",))
        sight = Sight(state, known, order, None, self._watchlists, scopes=("*",))
        record = order_seen(sight, self._telling, {}, self._clock.now())
        await self._storage.commit(record)
        self._known[order.key] = record.updates[0].snapshot or self._known[order.key]

    def _order(self, number: str, word: str, stage: Stage, parcels: int) -> Order:
        packages = [package(f"P{number}-{each}") for each in range(parcels)]
        return Order(
            source="shop", key=number, number=f"SO-{number}", status=Status(text=word, stage=stage),
            shipments=(shipment(packages=packages),),
        )  # fmt: skip


def written(folder: Path, **changes: Any) -> Config:
    path = folder / "edited.yaml"
    path.write_text(json.dumps({**SETTINGS, **changes}), encoding="utf-8")
    return load(path, {})


def shapes(folder: Path) -> set[str | None]:
    """How news was told in company."""
    with closing(sqlite3.connect(folder / "orderwatch.db")) as connection:
        return {row[0] for row in connection.execute("select gathered from notifications where state = 'sent'")}


def replayed(config: Config) -> Backtest:
    return backtest(config, ManualClock(START), days=30)


async def lived(folder: Path, seed: int) -> None:
    clock = ManualClock(START)
    config = written(folder)
    storage = SqliteStorage(folder / "orderwatch.db", clock)
    await storage.open()
    await World(config, storage, clock, seed).live()
    await storage.close()


@pytest.mark.parametrize("seed", range(2))
def test_the_same_config_tells_the_same_at_the_same_time_in_the_same_company(tmp_path: Path, seed: int) -> None:
    asyncio.run(lived(tmp_path, seed))
    found = replayed(written(tmp_path))
    assert found.changes > 100
    assert sum(counts.messages_before for counts in found.comparison.destinations.values()) > 50
    assert found.comparison.items == []
    assert {"order", "digest", "storm"} <= shapes(tmp_path)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what happened in one world."""
    folder = tmp_path_factory.mktemp("world")
    asyncio.run(lived(folder, seed=7))
    return folder


def whats(found: Backtest) -> set[tuple[Difference, str | None, str | None]]:
    return {(item.what, item.before, item.after) for item in found.comparison.items}


def with_routes(*routes: dict[str, Any]) -> dict[str, Any]:
    return {"web shop": {**SETTINGS["watchlists"]["web shop"], "notify": list(routes)}}


def test_a_rule_that_is_gone_takes_its_news_away_and_nothing_else(past: Path) -> None:
    ops_only = with_routes({"to": ["ops", "digest"]})
    found = replayed(written(past, watchlists=ops_only))
    assert whats(found) == {(Difference.REMOVED, "sales", None)}
    sales = found.comparison.destinations["sales"]
    assert (sales.messages_after, sales.removed) == (0, len(found.comparison.items))


def test_a_rule_that_is_new_adds_its_news(past: Path) -> None:
    places = {**SETTINGS["destinations"], "boss": {"chat": "console"}}
    first = SETTINGS["watchlists"]["web shop"]["notify"]
    rules = with_routes({"to": "boss", "on": "cancelled", "continue": True}, *first)
    found = replayed(written(past, destinations=places, watchlists=rules))
    assert whats(found) == {(Difference.ADDED, None, "boss")}
    assert all("cancelled" in found.about[item.news][1] for item in found.comparison.items)


def test_a_destination_in_place_of_another_moves_its_news(past: Path) -> None:
    places = {**SETTINGS["destinations"], "desk": SETTINGS["destinations"]["ops"]}
    first, _ = SETTINGS["watchlists"]["web shop"]["notify"]
    found = replayed(written(past, destinations=places, watchlists=with_routes(first, {"to": ["desk", "digest"]})))
    assert whats(found) == {(Difference.ELSEWHERE, "ops", "desk")}


def test_longer_nights_tell_later_or_in_company(past: Path) -> None:
    longer = {"nights": [{"from": "15:00", "to": "09:00", "timezone": "Europe/Paris"}]}
    found = replayed(written(past, quiet=longer))
    assert {item.what for item in found.comparison.items} == {Difference.TIME, Difference.COMPANY}
    assert all(item.before == item.after == "sales" for item in found.comparison.items)


def test_the_same_question_has_the_same_answer_and_another_config_has_another(past: Path) -> None:
    edited = {"watchlists": with_routes({"to": "ops"})}
    one, two = (replayed(written(past, **edited)) for _ in range(2))
    assert one.comparison == two.comparison
    assert one.comparison.digest == two.comparison.digest != replayed(written(past)).comparison.digest


def test_nothing_in_the_folder_is_written(past: Path) -> None:
    edited = written(past)
    before = {path: path.read_bytes() for path in past.iterdir()}
    replayed(edited)
    assert {path: path.read_bytes() for path in past.iterdir()} == before
