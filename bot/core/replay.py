"""What would have been told: changes that were found, told anew in a time of their own by another config.

Nothing here decides. What is told to whom is `telling`, when and in what company is `gather`, what is said is
`summary`, how fast is `pace`: the same that decide while the bot runs. A send takes no time here and never fails.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from bot.core.gather import FEW, MANY, Gather, Send, Step, Wait, is_all_needed, next_step
from bot.core.pace import Window, wait_for_all
from bot.core.summary import BACK, told_as_one
from bot.core.telling import Telling, tell
from bot.model.change import Change, Severity
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Order
from bot.model.outbox import Destination, Notification, WithChanges
from bot.model.poll import OrderUpdate
from bot.model.sending import Limit
from bot.model.view import Waiting
from bot.model.watch import Watchlist

News = tuple[str, str, Moment]
"""What one poll found of one order: source, key, and when."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What one poll found of one order."""

    order: Order
    """As it was after that."""
    at: Moment
    changes: tuple[Change, ...]
    watchlists: Sequence[Watchlist]
    """Those that follow it."""
    unwanted_at: frozenset[str] = frozenset()
    """Destinations where somebody wanted no news of it then."""

    @property
    def news(self) -> News:
        """What it is told apart by."""
        return self.order.source, self.order.key, self.at


@dataclass(frozen=True, slots=True)
class Telltale:
    """News that reached a destination, or waits to."""

    news: News
    destination: str
    at: datetime | None
    """None: it still waits."""
    message: int
    """Number of the message that tells it; several tell the same one where they are in company."""


@dataclass(slots=True)
class _Open:
    row: Notification
    waiting: Waiting
    news: News
    changes: tuple[Change, ...]
    order: Order
    gathered: list[News] | None = None
    """What it tells, once it tells it for others too."""


@dataclass(slots=True)
class _Lane:
    destination: Destination
    windows: Sequence[Window]
    open: dict[int, _Open] = field(default_factory=dict)
    urgent: dict[int, _Open] = field(default_factory=dict)
    """Those of them that wait for nothing else."""
    wakes_at: datetime | None = None


class Replay:
    """A run of the outbox in simulated time. Happenings are fed in the order of time.

    `tellings` and `labels` are by source, `destinations` and `limits` (what each send there must keep) by name.
    """

    def __init__(
        self,
        tellings: Mapping[str, Telling],
        destinations: Mapping[str, Destination],
        limits: Mapping[str, Sequence[Limit]],
    ) -> None:
        self._tellings = tellings
        self._labels = {name: telling.label for name, telling in tellings.items()}
        windows = {limit: Window(limit.rate) for several in limits.values() for limit in several}
        self._lanes = {
            name: _Lane(place, [windows[limit] for limit in limits.get(name, ())])
            for name, place in destinations.items()
        }
        self._wakes: list[tuple[datetime, str]] = []
        self._now: datetime | None = None
        self._count = 0

    def feed(self, happening: Happening) -> Iterator[Telltale]:
        """Let time pass until it happens, and owe what it means. Yields what is told meanwhile."""
        at = instant_of(happening.at)
        assert at is not None, "polls happen at an instant"
        now = max(at, self._now or at)
        yield from self._pass(now)
        self._now = now
        order, source = happening.order, happening.order.source
        update = OrderUpdate(key=order.key, expected_seq=0, changes=happening.changes)
        for new in tell(order, update, happening.changes, happening.watchlists, self._tellings[source], at):
            lane = self._lanes.get(new.destination)
            if lane is None or new.destination in happening.unwanted_at:
                continue
            self._count += 1
            row = Notification.model_construct(**{**dict(new), "id": self._count})
            told = tuple(change for change in happening.changes if change.kind.value in new.kinds)
            entry = lane.open[row.id] = _Open(row, _waiting(row), happening.news, told, order)
            if row.severity is Severity.URGENT:
                lane.urgent[row.id] = entry
            self._wake_for(lane, entry)

    def finish(self, at: datetime) -> Iterator[Telltale]:
        """Let time pass until then. Yields what is told, and last what still waits."""
        yield from self._pass(at)
        for name, lane in self._lanes.items():
            for id_, entry in lane.open.items():
                for news in entry.gathered or [entry.news]:
                    yield Telltale(news, name, None, id_)

    def _wake_for(self, lane: _Lane, entry: _Open) -> None:
        """A new one has its own earliest moment; those that waited before keep theirs."""
        assert self._now is not None, "something has happened"
        step = next_step([entry.waiting], lane.destination, self._now)
        self._wake(lane, step.until if isinstance(step, Wait) else self._now)

    def _wake(self, lane: _Lane, at: datetime) -> None:
        if lane.wakes_at is None or at < lane.wakes_at:
            lane.wakes_at = at
            heapq.heappush(self._wakes, (at, lane.destination.name))

    def _pass(self, until: datetime) -> Iterator[Telltale]:
        while self._wakes and self._wakes[0][0] <= until:
            at, name = heapq.heappop(self._wakes)
            lane = self._lanes[name]
            if lane.wakes_at == at:
                lane.wakes_at = None
                yield from self._work(lane, at)

    def _work(self, lane: _Lane, now: datetime) -> Iterator[Telltale]:
        """As the notifier does: a turn first, then whatever is next by then."""
        has_turn = False
        while lane.open:
            step = _next_step(lane, now)
            if step is None or isinstance(step, Wait):
                if step is not None:
                    self._wake(lane, step.until)
                return
            if not has_turn:
                seconds = now.timestamp()
                if wait := wait_for_all(lane.windows, seconds):
                    self._wake(lane, now + timedelta(seconds=wait, microseconds=1))
                    return
                for window in lane.windows:
                    window.spend(seconds)
                has_turn = True
            if isinstance(step, Send):
                has_turn = False
                entry = lane.open.pop(step.id)
                lane.urgent.pop(step.id, None)
                for news in entry.gathered or [entry.news]:
                    yield Telltale(news, lane.destination.name, now, step.id)
            else:
                self._gather(lane, step, now)

    def _gather(self, lane: _Lane, step: Gather, now: datetime) -> None:
        entries = [lane.open[id_] for id_ in step.ids]
        gathering = told_as_one(
            step.shape,
            [WithChanges.model_construct(row=entry.row, changes=entry.changes) for entry in entries],
            {(entry.order.source, entry.order.key): entry.order for entry in entries},
            labels=self._labels,
            zone=ZoneInfo(lane.destination.timezone),
            now=from_instant(now),
        )
        told = [id_ for id_ in step.ids if gathering.merged.get(id_) != BACK]
        if gathering.leader is not None:
            leader = lane.open[gathering.leader]
            leader.gathered = [lane.open[id_].news for id_ in told]
            leader.waiting = replace(leader.waiting, severity=gathering.severity, is_gathered=True)
        for id_ in gathering.merged:
            del lane.open[id_]
            lane.urgent.pop(id_, None)


def _next_step(lane: _Lane, now: datetime) -> Step | None:
    step: Step | None = None
    for limit in (FEW, MANY):
        first = [entry.waiting for entry in islice(lane.open.values(), limit)]
        last = first[-1].id
        urgent = [entry.waiting for id_, entry in lane.urgent.items() if id_ > last]
        step = next_step([*first, *urgent], lane.destination, now)
        if len(first) < limit or not is_all_needed(step):
            break
    return step


def _waiting(row: Notification) -> Waiting:
    return Waiting(
        id=row.id,
        source=row.source,
        order=row.order,
        severity=row.severity,
        created_at=row.created_at,
        gather_until=row.gather_until,
        not_before=row.not_before,
        held_for=row.held_for,
        is_tried=False,
        is_gathered=False,
    )
