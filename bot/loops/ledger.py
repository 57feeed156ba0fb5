"""What a poller remembers of one source between its jobs, and the only way it writes.

The store is the truth; the ledger is the part of it that must be at hand for every poll. Each `note_` method writes
one thing that happened and keeps both in step.
"""

import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

from bot.core import plan
from bot.core.agenda import Agenda
from bot.core.digest import order_digest
from bot.core.drift import DriftWatch
from bot.core.promise import due
from bot.core.telling import Telling
from bot.core.watchbook import WatchBook
from bot.log import event
from bot.loops.healths import Condition, Healths
from bot.model.change import Kind
from bot.model.memory import Memory
from bot.model.moment import from_instant
from bot.model.order import Order, Snapshot
from bot.model.poll import Health, Listed, OrderState, OrderUpdate, Payload, PollRecord, Scope
from bot.model.watch import Watchlist
from bot.ports import Clock, Storage

log = logging.getLogger(__name__)

LET_OTHERS_RUN_EVERY = 2000
"""Orders that are remembered in one go: some milliseconds."""


class Ledger:
    """The memory of one source's poller."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        book: WatchBook,
        telling: Telling,
        healths: Healths | None = None,
    ) -> None:
        """`healths` is shared by the ledgers of all sources; without it this source is taken to be the only one."""
        self.condition = Condition(telling, storage, clock, healths or Healths())
        self.book = book
        self.telling = telling
        self.agenda: Agenda[str | Scope] = Agenda()
        self.states: dict[str, OrderState] = {}
        self.known_words: set[str] = set()
        self.swept: set[str] = set()
        """Ids of the scopes that have had a complete sweep."""
        self.drift = DriftWatch()
        self.moved: dict[str, bytes] = {}
        """Orders whose row in a listing moved and whose details are not committed yet: digest of the row."""
        self._came_later: set[str] = set()
        """Orders first hinted at after the first sweep, not looked at yet: their first sight is news."""
        self.members: defaultdict[str, set[str]] = defaultdict(set)
        """By scope id: the orders its listing has shown."""
        self._unseen: dict[str, set[str]] = {}
        """By watchlist: orders it names that have not been looked at yet."""
        self._so_at_first: defaultdict[Kind, set[str]] = defaultdict(set)
        """Orders that were so when they were first seen."""
        self._baselines: dict[str, int] = {}
        self._storage = storage
        self._clock = clock

    @property
    def health(self) -> Health:
        """How the source is doing."""
        return self.condition.health

    async def load(self) -> AsyncGenerator[list[OrderState]]:
        """Read what the store knows of this source and its watchlists; yields the orders that are followed, in parts.

        An order that was asked about meanwhile is known already, and better; but what the store has a newer version of
        was committed by somebody who was stopped before he could remember it.
        """
        source = self.telling.source
        await self.condition.load()
        self.known_words = set(await self._storage.known_words(source))
        self.swept = set(await self._storage.swept_scopes(source))
        self._baselines = dict(await self._storage.baselines())
        async with aclosing(self._storage.load_in_parts(source)) as parts:
            async for part in parts:
                followed = [self._recalled(state) for state in part if self.book.follows(state)]
                yield followed
        unknown = [OrderState(key) for key in self.book.named if key not in self.states]
        for start in range(0, len(unknown), LET_OTHERS_RUN_EVERY):
            some = unknown[start : start + LET_OTHERS_RUN_EVERY]
            for state in some:
                self._remember(state)
            yield some
        for watchlist in self.book.watchlists:
            await self._load_watchlist(watchlist)
        event(log, "watching", source=source, orders=len(self.states), listings=len(self.book.scopes))

    def _recalled(self, stored: OrderState) -> OrderState:
        known = self.states.get(stored.key)
        if known is not None and known.seq >= stored.seq:
            return known
        self._remember(stored)
        if stored.doubt:
            self.drift.recall(stored.key, stored.doubt)
        return stored

    async def _load_watchlist(self, watchlist: Watchlist) -> None:
        if watchlist.orders is None:
            return
        named = [key for key, following in self.book.named.items() if watchlist in following]
        unseen = {key for key in named if not self.states[key].seq and not self.states[key].missing}
        self._unseen[watchlist.name] = unseen
        if not unseen and watchlist.name not in self._baselines:
            await self._sum_up_named(watchlist)

    async def recall(self, key: str) -> None:
        """Remember an order that nobody followed until now, as the store knows it."""
        found = await self._storage.load(self.telling.source, key=key)
        if key not in self.states:
            self._remember(next(iter(found), OrderState(key)))

    # Reading

    async def last_snapshot(self, state: OrderState) -> Snapshot | None:
        """The last snapshot of an order, from the store."""
        if not state.seq:
            return None
        return (await self._storage.snapshots(self.telling.source, [state.key])).get(state.key)

    async def memory(self, key: str) -> Memory | None:
        """What is remembered of an order, from the store."""
        return (await self._storage.memories(self.telling.source, [key])).get(key)

    async def was_so_before(self, order: Order) -> bool:
        """Whether the order had exactly this meaning in an earlier version."""
        return await self._storage.had_version(self.telling.source, order.key, order_digest(order))

    def first_sight_is_news(self, state: OrderState) -> bool:
        """Whether an order never seen is news: the source did not know it before, or it came after the first sweep."""
        return state.missing > 0 or state.key in self._came_later

    def row_record(self, scope: Scope, row: Listed, *, is_first: bool) -> PollRecord | None:
        """What a row of a listing makes us write at once; what else it means, the order's details will tell."""
        is_new = row.key not in self.states
        state = self.states.get(row.key) or OrderState(row.key)
        self._remember(state)
        self.members[scope.id].add(row.key)
        scopes = state.scopes if scope.id in state.scopes else tuple(sorted({*state.scopes, scope.id}))
        now = self._clock.now()
        if state.seq == 0 and row.order is not None:
            sight = plan.Sight(
                state=state,
                previous=None,
                order=row.order,
                payload=Payload(row.row) if row.row else None,
                watchlists=self.book.following(row.key, scopes),
                is_news=not is_first or state.missing > 0,
                list_digest=row.digest,
                scopes=scopes,
                next_poll_at=from_instant(now),
            )
            return plan.order_seen(sight, self.telling, self.known_words, now)
        if is_new and not is_first:
            # Not written before its first snapshot is: should we die first, the next sweep finds it new again.
            state.scopes = scopes
            self._came_later.add(row.key)
            return None
        if not is_new and scopes == state.scopes and not (state.seq and state.missing):
            return None
        update = OrderUpdate(
            key=row.key,
            expected_seq=state.seq,
            missing=0 if state.seq else state.missing,
            vanished=state.vanished,
            scopes=scopes,
            next_poll_at=state.next_poll_at,
            doubt=state.doubt,
        )
        return PollRecord(self.telling.source, from_instant(now), updates=(update,))

    # Writing

    async def commit(self, record: PollRecord) -> None:
        """Commit a record, then remember what it says."""
        if record.is_empty:
            return
        if any(update.changes for update in record.updates):
            await self.condition.commit_found(record)
        else:
            await self._storage.commit(record)
        for update in record.updates:
            self._apply(update)
        self.known_words.update(record.words)
        self.swept.update(record.swept)
        for update in record.updates:
            if update.changes:
                kinds = ", ".join(change.kind for change in update.changes)
                event(log, "changed", source=self.telling.source, order=update.key, kinds=kinds)
        if record.ended_mutes:
            self.telling.mutes.drop([update.key for update in record.updates], record.ended_mutes)
        self._baselines.update({baseline.watchlist: baseline.orders for baseline in record.baselines})

    async def commit_together(self, records: Sequence[PollRecord]) -> None:
        """Commit several records of this source as one."""
        words = tuple(dict.fromkeys(word for record in records for word in record.words))
        notifications = [notification for record in records for notification in record.notifications]
        await self.commit(
            PollRecord(
                source=self.telling.source,
                at=from_instant(self._clock.now()),
                updates=tuple(update for record in records for update in record.updates),
                notifications=tuple({told.key: told for told in notifications}.values()),
                words=words,
            )
        )

    async def note_missed(self, keys: Iterable[str]) -> list[OrderState]:
        """A complete sweep did not show these orders. Returns those it is time to look up directly."""
        missed = [state for state in map(self.states.__getitem__, keys) if plan.can_vanish(state)]
        await self.commit(plan.sweep_missed(missed, self.telling, self._clock.now()))
        return [state for state in missed if state.missing >= plan.LOOKS_UNTIL_VANISHED]

    async def note_first_sweep(self, scope: Scope, orders: int) -> None:
        """The first complete sweep of a listing is done: from now on a new row is a new order."""
        at = from_instant(self._clock.now())
        await self.commit(PollRecord(self.telling.source, at, swept={scope.id: at}))
        for watchlist in self.book.of_scope(scope.id):
            if watchlist.name not in self._baselines:
                await self._sum_up(watchlist, orders, [])

    async def note_looked_at(self, key: str) -> None:
        """An order has been looked at, found or not; the last one of a watchlist completes its first look."""
        self._came_later.discard(key)
        for watchlist in self.book.named.get(key, ()):
            unseen = self._unseen.get(watchlist.name)
            if unseen and key in unseen:
                unseen.discard(key)
                if not unseen:
                    await self._sum_up_named(watchlist)

    async def _sum_up_named(self, watchlist: Watchlist) -> None:
        named = [key for key, following in self.book.named.items() if watchlist in following]
        not_found = [key for key in named if not self.states[key].seq]
        await self._sum_up(watchlist, len(named) - len(not_found), not_found)

    async def _sum_up(self, watchlist: Watchlist, orders: int, not_found: Sequence[str]) -> None:
        now = self._clock.now()
        counts = {}
        for kind in (Kind.OVERDUE, Kind.STUCK):
            following = (self.book.following(key, self.states[key].scopes) for key in self._so_at_first[kind])
            counts[kind.value] = sum(watchlist in each for each in following)
        await self.commit(plan.watchlist_complete(watchlist, orders, not_found, self.telling, now, **counts))

    def _remember(self, state: OrderState) -> None:
        key = state.key
        self.states[key] = state
        for scope_id in state.scopes:
            self.members[scope_id].add(key)

    def _apply(self, update: OrderUpdate) -> None:
        state = self.states[update.key]
        if update.snapshot:
            state.seq = update.snapshot.seq
            state.stage = update.snapshot.order.status.stage
            state.depth = update.snapshot.order.depth
            state.due = due(update.snapshot.order)
            if update.memory and not update.changes:
                for kind in update.memory.told:
                    self._so_at_first[kind].add(update.key)
        state.raw_digest = update.raw_digest or state.raw_digest
        state.list_digest = update.list_digest or state.list_digest
        state.missing = update.missing
        state.vanished = update.vanished
        state.scopes = update.scopes
        state.next_poll_at = update.next_poll_at
        state.doubt = update.doubt
