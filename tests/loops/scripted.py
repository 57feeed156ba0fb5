"""A source and a chat that do what a test says, for the loops to work with. Storage is the real one."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot.budget import Budget
from bot.clock import ManualClock
from bot.core.telling import Telling
from bot.core.watchbook import WatchBook
from bot.errors import CannotLookBack, ChatError, OrderNotFound, SourceError
from bot.loops.ledger import Ledger
from bot.loops.rounds import Rounds
from bot.model.command import Button
from bot.model.message import Message
from bot.model.moment import Moment, from_instant
from bot.model.order import Depth, Order
from bot.model.outbox import Destination
from bot.model.poll import KnownPages, Listed, Listing, Page, Payload, Scope, raw_digest
from bot.model.sending import Limit, Part, Threads
from bot.model.units import RateValue, Spent
from bot.model.watch import Watchlist
from bot.storage.sqlite import SqliteStorage
from tests.core.making import TELLING, words

PAGE_SIZE = 2


class ScriptedSource:
    """Serves the orders it is given. `trouble` is raised once for each entry; `details_trouble` by key, for ever."""

    name = "panels"
    label = "panels (Schneider)"

    def __init__(self, *orders: Order, listing: Listing = Listing.COMPLETE) -> None:
        self.orders = {order.key: order for order in orders}
        self.unlisted: set[str] = set()
        self.page_size = PAGE_SIZE
        self.can_narrow = False
        self.filtered_out: set[str] = set()
        """Orders that a listing of updates leaves out, whatever is asked for."""
        self.listing = listing
        self.trouble: list[SourceError] = []
        self.details_trouble: dict[str, Exception] = {}
        self.slips: list[Order] = []
        """Answers that the next requests for details get instead of the true one."""
        self.break_after_page: int | None = None
        self.asked: list[str] = []
        self.urgent: list[str] = []
        self.budget_wait = 0.0
        self.counted: Sequence[Spent] = ()
        """Against a budget of a day."""
        self.held_up = asyncio.Event()
        self.stalled = asyncio.Event()
        self.limit: RateValue | None = RateValue(200, 86400.0)
        self._line: list[asyncio.Future[None]] = []
        self.portion = 0
        """Requests that are granted at a time; 0: there is no budget of a day."""
        self.granted = 0
        self.used_up = asyncio.Event()

    def set(self, *orders: Order) -> None:
        self.orders.update({order.key: order for order in orders})

    @property
    def budget(self) -> "ScriptedSource":
        return self

    async def stand_in_line(self) -> None:
        """Wait for the budget, until nobody is let through any more."""
        self._line.append(asyncio.get_running_loop().create_future())
        await self._line[-1]

    @contextmanager
    def shut(self) -> Iterator[None]:
        for waiting in self._line:
            waiting.cancel()
        yield

    @property
    def passed(self) -> int:
        return len(self.asked)

    def spent(self) -> Sequence[Spent]:
        return self.counted

    def recall(self, spent: Sequence[Spent]) -> None:
        self.counted = spent

    def follow(self, earlier: Budget) -> None:
        del earlier

    def grant(self, requests: int, *, since: int) -> None:
        self.granted = requests - (self.passed - since)
        self.used_up.clear()

    def key_of(self, written: str) -> str:
        return written

    def narrowed(self, scope: Scope, since: datetime) -> Scope | None:
        return Scope((*scope.where, ("updated_after", from_instant(since)))) if self.can_narrow else None

    async def pages(self, scope: Scope, known: KnownPages) -> AsyncGenerator[Page]:
        since = dict(scope.where).get("updated_after", "")
        self._maybe_fail("updates" if since else "listing")
        shown = [each for key, each in sorted(self.orders.items()) if key not in self.unlisted]
        if since:
            shown = [each for each in shown if (each.version or "") > since and each.key not in self.filtered_out]
        chunks = [shown[start : start + self.page_size] for start in range(0, len(shown), self.page_size)] or [[]]
        for number, chunk in enumerate(chunks, start=1):
            if self.break_after_page is not None and number > self.break_after_page:
                raise SourceError(self.name, f"page {number}", "came nothing")
            digest = raw_digest("".join(order.model_dump_json() for order in chunk).encode())
            same = number in known and known[number].digest == digest
            listed = None if same else tuple(self._row(order) for order in chunk)
            yield Page(number, digest, tuple(order.key for order in chunk), listed, number == len(chunks))

    def _row(self, order: Order) -> Listed:
        body = order.model_dump_json().encode()
        if self.listing is Listing.HINTS:
            return Listed(order.key, raw_digest(body))
        row = order.model_copy(update={"depth": Depth.HEADER, "lines": (), "shipments": ()})
        return Listed(order.key, raw_digest(body), row, body)

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        self.urgent += [key] if urgent else []
        self._maybe_fail(key)
        if key in self.details_trouble:
            raise self.details_trouble[key]
        if key not in self.orders:
            raise OrderNotFound(self.name, f"GET {key}", "came HTTP 404")
        shown = self.slips.pop(0) if self.slips else self.orders[key]
        return Payload(shown.model_dump_json().encode())

    def parse(self, key: str, payload: Payload) -> Order:
        return Order.model_validate_json(payload.body)

    def wait(self) -> float:
        return self.budget_wait

    async def close(self) -> None:
        pass

    def _maybe_fail(self, asked: str) -> None:
        self.asked.append(asked)
        if self.trouble:
            raise self.trouble.pop(0)


class ScriptedChat:
    """Accepts messages into `heard`. The next sends meet `trouble`, one each; None is a send that works."""

    kind = "scripted"

    def __init__(self, *, looks_back: bool = True) -> None:
        self.heard: list[tuple[str, str]] = []
        self.keys: dict[str, str] = {}
        self.trouble: list[ChatError | None] = []
        self.accepts_before_trouble = False
        self.looks_back = looks_back
        self.way = Threads.NONE
        self.under: dict[str, str | None] = {}
        """Message to the one it answers."""
        self.edited: dict[str, str] = {}
        """Message to what it says since its last edit."""
        self.parts_per_message = 1
        self.down: ChatError | None = None
        self.after_send: Callable[[], None] = lambda: None
        self.while_sending: Callable[[], Awaitable[None]] | None = None

    def limits(self, destination: Destination) -> Sequence[Limit]:
        return [Limit("scripted", RateValue(1000, 1.0))]

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        mark = "(may be a repeat) " if repeated else ""
        return [Part(f"{mark}{words(message)} #{n}", {}) for n in range(self.parts_per_message)]

    def edit_limits(self, destination: Destination) -> Sequence[Limit]:
        return self.limits(destination)

    def threads(self, destination: Destination) -> Threads:
        return self.way

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        if self.while_sending is not None:
            await self.while_sending()
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble is None or self.accepts_before_trouble:
            place = str(destination.address.get("room", destination.name))
            self.heard.append((place, part.plain))
            self.keys[key] = f"m{len(self.heard)}"
            self.under[self.keys[key]] = under
        self.after_send()
        if trouble is not None:
            raise trouble
        return self.keys[key]

    async def edit(self, message_id: str, part: Part, destination: Destination) -> None:
        self.edited[message_id] = part.plain

    async def find(self, destination: Destination, *, key: str, since: Moment, under: str | None = None) -> str | None:
        if not self.looks_back:
            raise CannotLookBack(self.kind, "no history here")
        return self.keys.get(key)

    async def check(self) -> str:
        if self.down:
            raise self.down
        return "scripted"

    async def close(self) -> None:
        pass


async def open_storage(path: Path, clock: ManualClock) -> SqliteStorage:
    storage = SqliteStorage(path / "orders.db", clock)
    await storage.open()
    return storage


async def started(
    source: ScriptedSource,
    storage: SqliteStorage,
    clock: ManualClock,
    *watchlists: Watchlist,
    telling: Telling = TELLING,
) -> Rounds:
    rounds = Rounds(source, clock, Ledger(storage, clock, WatchBook(watchlists, source.key_of), telling))
    await rounds.load()
    return rounds


async def work(rounds: Rounds, clock: ManualClock) -> None:
    """Do whatever is due at this moment of the clock, each thing at most a few times."""
    for _ in range(200):
        job = rounds.ledger.agenda.pop(clock.monotonic())
        if job is None:
            return
        await rounds.do(job)
    raise AssertionError("the agenda never empties")


async def owed(storage: SqliteStorage) -> list[tuple[str, tuple[str, ...]]]:
    """Every notification ever owed, as destination and kinds."""
    return [(row.destination, row.kinds) for row in await storage.notifications(limit=10_000)]
