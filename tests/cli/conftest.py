"""A command line to type into, and a folder with a config and a filled database."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.clock import ManualClock
from bot.model.change import Change, Kind
from bot.model.message import Line, Message, Text
from bot.model.moment import Moment, from_instant
from bot.model.order import LineItem, Order, Package, Shipment, Snapshot, Stage, Status
from bot.model.outbox import NewNotification, Settlement, State
from bot.model.poll import Health, OrderUpdate, Payload, PollRecord
from bot.model.promise import Promised
from bot.storage.sqlite import SqliteStorage
from tests.storage.making import claimed

CONFIG = """\
timezone: Europe/Paris
destinations:
  ops: {chat: console}
notify: [{to: ops}]
operators: {to: ops}
"""

SOURCE = """\
sources:
  panels: {kind: stateset, token: made-up, base_url: "http://127.0.0.1:9/v1"}
"""

SEEN = Moment("2026-01-05T09:00:00Z")


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ended]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Run the command line in this process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def run(*arguments: str) -> Ended:
        code = main(arguments)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    yield run
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config with a console and nothing to watch."""
    path = tmp_path / "watchlists.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def filled(config: Path) -> Path:
    """The same, with a database beside it: one order in its second version, one message sent, one given up."""
    asyncio.run(_fill(config.parent / "orderwatch.db"))
    return config


@pytest.fixture
def watched(filled: Path) -> Path:
    """A config with the source of the order in the database."""
    filled.write_text(CONFIG + SOURCE)
    return filled


def an_order(status: str) -> Order:
    return Order(
        source="panels",
        key="FR/0045001234",
        number="0045001234",
        reference="PO-77",
        status=Status(code="C2", text=status, stage=Stage.SHIPPED),
        delivery_promised=Moment("2026-02-01"),
        lines=(LineItem(key="10", number="000010", product="LV429630", quantity="2"),),
        shipments=(
            Shipment(
                key="1",
                line="10",
                dispatched_at=SEEN,
                packages=(Package(key="1Z999", tracking_number="1Z999", carrier="UPS"),),
            ),
        ),
    )


async def _fill(database: Path) -> None:
    storage = SqliteStorage(database, ManualClock())
    await storage.open()
    await storage.commit(_version(1, "In production"))
    news = [_news("a", "the chat refused the token"), _news("b", "later")]
    await storage.commit(_version(2, "Shipped\x1b[2J", *news))
    first, second = await claimed(storage, "ops", 2, now=SEEN)
    await storage.settle(
        [_settled(first.id, State.DEAD, "the chat refused the token"), _settled(second.id, State.SENT)]
    )
    await storage.beat(["poller panels"], from_instant(datetime.now(UTC)))
    await storage.close()


async def promised_by_line(database: Path, stage: Stage = Stage.COMPLETED) -> None:
    """Adds an order without a date of its own: line 20 slipped from the 3rd to the 9th, and line 30 is cancelled."""
    lines = (
        LineItem(key="10", delivery_promised=Moment("2026-02-05")),
        LineItem(key="20", delivery_promised=Moment("2026-02-09")),
        LineItem(key="30", delivery_promised=Moment("2026-03-01"), status=Status(code="C9", stage=Stage.CANCELLED)),
    )
    order = Order(source="panels", key="FR/7", number="7", status=Status(code="C2", stage=stage), lines=lines)
    slipped = Promised(first=Moment("2026-02-03"), told=Moment("2026-02-09"))
    promises = {"line 20 delivery_promised": slipped}
    snapshot = Snapshot(order=order, seq=1, seen_at=SEEN, digest="digest", promises=promises)
    update = OrderUpdate(key=order.key, expected_seq=0, snapshot=snapshot)
    await _commit(database, [PollRecord(source="panels", at=SEEN, updates=(update,))])


async def more_orders(database: Path, number: int) -> None:
    """Let so many other orders be seen."""
    await _commit(database, [_version(1, "Packed", key=f"FR/{each}") for each in range(number)])


async def more_versions(database: Path, number: int) -> None:
    """Let the order change so many times more."""
    await _commit(database, [_version(seq, f"Step {seq}") for seq in range(3, 3 + number)])


async def seen_later(database: Path, at: Moment) -> None:
    """Let the order be seen anew then, and the source's answer not be counted yet."""
    record = _version(3, "Delivered")
    (update,) = record.updates
    assert update.snapshot is not None
    update = replace(update, snapshot=update.snapshot.model_copy(update={"seen_at": at}))
    await _commit(database, [replace(record, updates=(update,))])


async def looked_at(database: Path, again: Moment) -> None:
    """Let the order have been found as it was, and be looked at again then."""
    update = OrderUpdate(key="FR/0045001234", expected_seq=2, next_poll_at=again)
    await _commit(database, [PollRecord(source="panels", at=SEEN, updates=(update,))])


async def _commit(database: Path, records: Sequence[PollRecord]) -> None:
    storage = SqliteStorage(database, ManualClock())
    await storage.open()
    await asyncio.gather(*(storage.commit(record) for record in records))  # one after the other, synced together
    await storage.close()


async def silence(database: Path, seconds: float) -> None:
    """Let the poller's last sign of life be that old."""
    storage = SqliteStorage(database, ManualClock())
    await storage.open()
    await storage.beat(["poller panels"], from_instant(datetime.now(UTC) - timedelta(seconds=seconds)))
    await storage.close()


def _version(seq: int, status: str, *news: NewNotification, key: str = "FR/0045001234") -> PollRecord:
    snapshot = Snapshot(
        order=an_order(status).model_copy(update={"key": key}), seq=seq, seen_at=SEEN, digest=f"digest-{seq}"
    )
    change = Change(kind=Kind.STATUS, before="In production", after=status)
    update = OrderUpdate(
        key=key,
        expected_seq=seq - 1,
        snapshot=snapshot,
        payload=Payload(b'{"made": "up"}'),
        changes=(change,) if seq > 1 else (),
    )
    health = Health("panels", last_ok_at=SEEN)
    return PollRecord(source="panels", at=SEEN, updates=(update,), notifications=news, healths=(health,))


def _news(key: str, text: str) -> NewNotification:
    return NewNotification(
        key=key,
        destination="ops",
        source="panels",
        order="FR/0045001234",
        kinds=("status",),
        route="notify[0]",
        message=Message(headline=Line(spans=(Text(text=text),))),
        created_at=SEEN,
    )


def _settled(id_: int, state: State, reason: str | None = None) -> Settlement:
    return Settlement(id=id_, state=state, attempts=1, parts_sent=1, at=SEEN, reason=reason)
