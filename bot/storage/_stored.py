"""What every store does in the same way, whichever database it reads and writes: it knows the rooms, and no SQL.

A store is a class of these that says how a job is read and written: `sqlite` for one machine, `postgres` for many.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from bot.digestbook import DigestBook
from bot.model.memory import Memory
from bot.model.moment import Moment
from bot.model.order import Snapshot, Stage
from bot.model.outbox import Gathering, Move, Notification, Settlement, State, WithChanges
from bot.model.poll import Health, OrderState, Payload, PollRecord
from bot.model.retention import Retention
from bot.model.sending import Thread
from bot.model.view import (
    ChangeRow,
    DatesAsked,
    Extent,
    Found,
    OrderRow,
    Owed,
    Selected,
    Selection,
    Table,
    TableRow,
    Told,
    Waiting,
)
from bot.ports import Talks
from bot.storage import _lists, _outbox, _readings, _views, _writes, tables
from bot.storage._books import StoredDigestBook, StoredTalks, StoredTimeBook
from bot.storage._connection import Job
from bot.timebook import TimeBook

T = TypeVar("T")


class StoredViews(ABC):
    """Implements `ports.Views`."""

    @abstractmethod
    async def _read(self, job: Job[T]) -> T:
        """Run a job that only reads, on one consistent view of the database."""

    async def orders(
        self,
        *,
        source: str | None = None,
        stage: Stage | None = None,
        limit: int = 100,
        offset: int = 0,
        archived: bool = False,
    ) -> Sequence[OrderRow]:
        """Watched orders that have been seen, last changed first."""
        return await self._read(lambda connection: _views.orders(connection, source, stage, limit, offset, archived))

    async def count_orders(
        self, *, source: str | None = None, stage: Stage | None = None, archived: bool = False
    ) -> int:
        """How many watched orders there are, as `orders` shows them."""
        return await self._read(lambda connection: _views.count_orders(connection, source, stage, archived))

    async def find_orders(self, text: str) -> Sequence[Snapshot]:
        """Orders whose number, key, purchase-order number or a tracking number is `text`, ignoring case and blanks."""
        return await self._read(lambda connection: _views.find_orders(connection, text))

    async def seek(self, names: Sequence[str], extents: Sequence[Extent]) -> Sequence[Found]:
        """Orders within `extents` that have one of these names, those of the first name that any has."""
        return await self._read(lambda connection: _lists.seek(connection, names, extents))

    async def select(self, selection: Selection, *, limit: int, offset: int = 0) -> Selected:
        """Orders that are wanted, a page of them."""
        return await self._read(lambda connection: _lists.select(connection, selection, limit, offset))

    async def told(self, source: str, key: str, *, limit: int = 20) -> Sequence[Told]:
        """Notifications about one order, newest first."""
        return await self._read(lambda connection: _lists.told(connection, source, key, limit))

    async def history(self, source: str, key: str, *, limit: int = 200, offset: int = 0) -> Sequence[ChangeRow]:
        """Changes of one order, newest first."""
        return await self._read(lambda connection: _views.history(connection, source, key, limit, offset))

    async def payload(self, source: str, key: str, seq: int) -> Payload | None:
        """The raw payload of one version; None when there was none or retention dropped it."""
        return await self._read(lambda connection: _views.payload(connection, source, key, seq))

    async def notifications(
        self, *, after_id: int = 0, states: Sequence[State] = (), limit: int = 100
    ) -> Sequence[Notification]:
        """Outbox rows by id."""
        return await self._read(lambda connection: _views.notifications(connection, after_id, states, limit))

    async def notification(self, key: str) -> Notification | None:
        """The notification with this key; None if there is none, or not any more."""
        return await self._read(lambda connection: _views.notification(connection, key))

    async def notification_behind(self, destination: str, message_id: str) -> Notification | None:
        """The notification whose message in a destination has this id of the chat's; None if none has."""
        return await self._read(lambda connection: _views.notification_behind(connection, destination, message_id))

    async def counts(self) -> Mapping[str, int]:
        """How many `orders`, `snapshots`, `changes`, and notifications by state there are; a state without any is 0."""
        return await self._read(_views.counts)

    async def healths(self) -> Sequence[Health]:
        """Every source's health."""
        return await self._read(_views.healths)

    async def beats(self) -> Mapping[str, Moment]:
        """Loop name to its last sign of life."""
        return await self._read(_views.beats)

    async def addresses(self) -> Mapping[str, Move]:
        """Destination name to its address as it was and as the chat has it since, where that is another."""
        return await self._read(_views.addresses)

    async def table(
        self,
        table: Table,
        *,
        behind: TableRow | None = None,
        source: str | None = None,
        since: Moment | None = None,
        limit: int = 500,
    ) -> Sequence[TableRow]:
        """The first rows of a table, or those behind a row; none at its end."""
        return await self._read(lambda connection: tables.table(connection, table, behind, source, since, limit))

    async def promised(self, asked: DatesAsked) -> Sequence[Found]:
        """Open orders by the next delivery promised, then cancelled and completed ones."""
        return await self._read(lambda connection: _lists.dates(connection, asked))


class Writing(StoredViews):
    """Views of a store that is written, too."""

    @abstractmethod
    async def _write(self, job: Job[T]) -> T:
        """Run a job in a transaction, and return its result once that is safe on disk."""

    @property
    def talks(self) -> Talks:
        """What people set up by talking to the bot."""
        return StoredTalks(self._read, self._write)


class StoredOutbox(Writing):
    """Implements `outbox.Outbox`, but for `outbox_changed`."""

    @abstractmethod
    async def _add(self, job: Job[bool]) -> None:
        """Run a job in a transaction, and set `outbox_changed` if it says that it added notifications."""

    async def owed(self) -> Sequence[Owed]:
        """Destinations with open notifications, by name."""
        return await self._read(_outbox.owed)

    async def waiting(self, destination: str, *, limit: int) -> Sequence[Waiting]:
        """The first open notifications of a destination, by id; and the urgent ones, with what is open beside them."""
        return await self._read(lambda connection: _outbox.waiting(connection, destination, limit))

    async def news(self, ids: Sequence[int]) -> Sequence[WithChanges]:
        """These notifications, by id, each with the changes it tells."""
        return await self._read(lambda connection: _outbox.news(connection, ids))

    async def gather(self, gathering: Gathering) -> bool:
        """Make several notifications one, or none. False, and nothing is written, when one of them was touched."""
        return await self._write(lambda connection: _outbox.gather(connection, gathering))

    async def claim(self, ids: Sequence[int], *, now: Moment) -> Sequence[Notification]:
        """Those of `ids` that are open, by id, marked SENDING."""
        return await self._write(lambda connection: _outbox.claim(connection, ids, now))

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write what became of claimed notifications, all or none. Raises StorageError if one does not exist."""
        await self._add(lambda connection: _outbox.settle(connection, settlements))

    async def thread(self, destination: str, source: str, order: str) -> Thread | None:
        """Where the next message about an order goes there, if anything was told that hangs together."""
        return await self._read(lambda connection: _outbox.thread(connection, destination, source, order))


class Stored(StoredOutbox):
    """Implements `ports.Storage`, but for what opens and closes it."""

    @property
    def digests(self) -> DigestBook:
        """What digests need."""
        return StoredDigestBook(self._read, self._add)

    @property
    def time(self) -> TimeBook:
        """What time needs to make news."""
        return StoredTimeBook(self._read, self._write)

    @abstractmethod
    def load_in_parts(self, source: str) -> AsyncGenerator[Sequence[OrderState]]:
        """The state of every order of a source, a part at a time."""

    async def load(self, source: str, *, key: str | None = None) -> Sequence[OrderState]:
        """The state of every order of a source ever seen, or only of that one."""
        if key is not None:
            return await self._read(lambda connection: _views.load(connection, source, key))
        return [state async for part in self.load_in_parts(source) for state in part]

    async def snapshots(self, source: str, keys: Sequence[str]) -> Mapping[str, Snapshot]:
        """The last snapshot of those of `keys` that have one."""
        return await self._read(lambda connection: _views.snapshots(connection, source, keys))

    async def memories(self, source: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What is remembered of those of `keys` of which anything is."""
        return await self._read(lambda connection: _views.memories(connection, source, keys))

    async def had_version(self, source: str, key: str, digest: str) -> bool:
        """Whether an order has had a version with this digest, the last one or an earlier one."""
        return await self._read(lambda connection: _views.had_version(connection, source, key, digest))

    async def read_stages_again(self, source: str, statuses: Mapping[str, Stage]) -> int:
        """Give stored orders the stages that the operator's table says. Returns how many of them became others."""
        if await self._read(lambda connection: _readings.is_applied(connection, source, statuses)):
            return 0
        changed, after = 0, ""
        while True:
            step = partial(_readings.read_again, source=source, statuses=statuses, after=after)
            count, last = await self._write(step)
            changed += count
            if last is None:
                await self._write(lambda connection: _readings.note_applied(connection, source, statuses))
                return changed
            after = last

    async def commit(self, record: PollRecord) -> None:
        """Write a record whole, or not at all. Raises StaleRecord."""
        if not record.is_empty:
            await self._add(lambda connection: _writes.commit_record(connection, record))

    async def health(self, source: str) -> Health:
        """The stored health of a source; a fresh one if there is none."""
        return await self._read(lambda connection: _views.health(connection, source))

    async def known_words(self, source: str) -> frozenset[str]:
        """Status words of this source that operators have been told of."""
        return await self._read(lambda connection: _views.known_words(connection, source))

    async def swept_scopes(self, source: str) -> frozenset[str]:
        """Ids of the scopes that have had a complete sweep."""
        return await self._read(lambda connection: _views.swept_scopes(connection, source))

    async def baselines(self) -> Mapping[str, int]:
        """Watchlist to the number of orders its summary spoke of."""
        return await self._read(_views.baselines)

    async def beat(self, alive: Sequence[str], at: Moment, silent: Sequence[str] = ()) -> None:
        """Note which loops give a sign of life, and which there are that give none."""
        await self._write(lambda connection: _writes.beat(connection, alive, at, silent))

    async def tidy(self, now: Moment, retention: Retention) -> Mapping[str, int]:
        """Drop raw `payloads` and settled `notifications` that are too old; other writes come in between."""
        dropped: dict[str, int] = {}
        for name, step in _writes.tidying(now, retention).items():
            dropped[name] = batch = await self._write(step)
            while not _writes.is_last_batch(batch):
                batch = await self._write(step)
                dropped[name] += batch
        return dropped
