"""How all sources are doing, in one place: whether it is a source that fails or our own network, no one of them knows.

One change at a time, because what is decided about one source looks at the others.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.core import outage
from bot.core.health import SUCCESSES_TO_TELL, after_finding, wait_until_retry
from bot.core.telling import Telling
from bot.errors import SourceError
from bot.log import event
from bot.model.moment import Moment, from_instant
from bot.model.poll import Health, PollRecord
from bot.model.units import RateValue
from bot.ports import Clock, Storage

log = logging.getLogger(__name__)

NOTE_ALIVE_EVERY = 60.0
"""Seconds between writes of the last good answer of a source that is well."""


class Healths:
    """Shared by the pollers of all sources."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        """Sources whose last answer was none. Who asks after every look looks here, however many sources there are."""
        self._of: dict[str, Health] = {}
        self._asked: dict[str, Callable[[], None]] = {}
        self._one_at_a_time = asyncio.Lock()

    def of(self, source: str) -> Health:
        """How a source is doing."""
        return self._of.get(source) or Health(source)

    @property
    def all(self) -> Mapping[str, Health]:
        """By source."""
        return self._of

    def recall(self, health: Health) -> None:
        """Remember what is stored."""
        self._of[health.source] = health
        (self.failing.add if health.failures else self.failing.discard)(health.source)

    def forget(self, source: str) -> None:
        """It is no longer ours to know."""
        self._of.pop(source, None)
        self.failing.discard(source)
        self._asked.pop(source, None)

    async def change(
        self, plan: Callable[[Mapping[str, Health]], PollRecord], write: Callable[[PollRecord], Awaitable[None]]
    ) -> None:
        """Plan a record from the health of all, write it, and remember what it says of them."""
        async with self._one_at_a_time:
            record = plan(self._of)
            await write(record)
            for health in record.healths:
                self.recall(health)

    def when_asked(self, source: str, ask: Callable[[], None]) -> None:
        """Let `ask` be called when others want to know whether this source can be reached."""
        self._asked[source] = ask

    def ask_the_others(self, source: str) -> None:
        """Let every other source be tried soon; one that could not be reached does not wait any longer."""
        for name, ask in self._asked.items():
            if name != source:
                if self.of(name).unreachable:
                    self._of[name] = replace(self._of[name], retry_at=None)
                ask()


class Condition:
    """How one source is doing, and what is told of it."""

    def __init__(self, telling: Telling, storage: Storage, clock: Clock, healths: Healths) -> None:
        self._telling = telling
        self._storage = storage
        self._clock = clock
        self._healths = healths
        self._note_alive_at = float("-inf")
        self._retry: tuple[Moment | None, float] = (None, 0.0)
        """When it may be asked again: as it is stored, and in monotonic seconds."""
        self._say_spent_at = float("-inf")

    @property
    def health(self) -> Health:
        """As it is known now."""
        return self._healths.of(self._telling.source)

    def wait(self) -> float:
        """Seconds until the source may be asked again: 0 as soon as one of the clocks says so.

        The wall's clock may be set back by hours, and the other stands still while the machine sleeps.
        """
        health = self.health
        if health.retry_at is None:
            return 0.0
        left, now = wait_until_retry(health, self._clock.now()), self._clock.monotonic()
        if self._retry[0] != health.retry_at:
            self._retry = (health.retry_at, now + left)
        return min(left, max(0.0, self._retry[1] - now))

    async def load(self) -> None:
        """Read what is stored. A wait that goes on is said in the log: nothing else would be, until it is over."""
        self._healths.recall(await self._storage.health(self._telling.source))
        if self.wait():
            source, until, error = self._telling.source, self.health.retry_at, self.health.reason
            event(log, "source_not_asked", level=logging.WARNING, source=source, until=until, error=error)

    def when_asked(self, ask: Callable[[], None]) -> None:
        """Let `ask` be called when others want to know whether this source can be reached."""
        self._healths.when_asked(self._telling.source, ask)

    async def commit_found(self, record: PollRecord) -> None:
        """Commit a record with changes; they count as missed while an outage is not over."""
        if not self.health.told:
            await self._storage.commit(record)
            return
        found = sum(len(update.changes) for update in record.updates)
        source = self._telling.source
        await self._healths.change(
            lambda healths: replace(record, healths=(after_finding(healths[source], found),)), self._storage.commit
        )

    async def note_answered(self, *, caught_up: bool = False) -> None:
        """The source answered well. Costs nothing while that is no news.

        `caught_up`: after an outage, everything that was missed has been looked at.
        """
        health, now = self.health, self._clock.monotonic()
        is_counted = health.told and (health.answering_since is None or (caught_up and not health.caught_up))
        if not (health.failures or is_counted or self._is_awaited or now >= self._note_alive_at):
            return
        self._note_alive_at = now + NOTE_ALIVE_EVERY
        if health.failures:
            event(log, "source_recovered", source=self._telling.source, failures=health.failures)
        present = self._clock.now()
        await self._healths.change(
            lambda healths: outage.source_answered(healths, self._telling, present, caught_up=caught_up),
            self._storage.commit,
        )
        if health.together and health.successes + 1 < SUCCESSES_TO_TELL:
            self._healths.ask_the_others(self._telling.source)  # what let us through may let them through, too

    @property
    def _is_awaited(self) -> bool:
        """Whether others want to know if this source answers."""
        if not self._healths.failing:
            return False
        names = self._healths.failing - {self._telling.source}
        return any(outage.is_in_doubt(self._healths.all, name, self._clock.now()) for name in names)

    async def note_failed(self, error: SourceError) -> float:
        """The source did not answer as it should. Returns the seconds to wait before asking it again."""
        now, source = self._clock.now(), self._telling.source
        await self._healths.change(
            lambda healths: outage.source_failed(healths, error, self._telling, now), self._storage.commit
        )
        if outage.is_in_doubt(self._healths.all, source, now):
            self._healths.ask_the_others(source)
        wait = self.wait()
        level = logging.WARNING if self.health.failures == 1 else logging.DEBUG
        event(log, "source_failing", level=level, source=self._telling.source, error=error, next_try_in=f"{wait:.0f}s")
        return wait

    async def note_stale_answer(self) -> None:
        """An answer was older than what we know; it was ignored."""
        await self._note(lambda health: replace(health, stale_answers=health.stale_answers + 1))

    async def note_spent(self, limit: RateValue | None, until: Moment) -> None:
        """So much was asked that a limit of its budget allows nothing until then; None: that the source allows nothing.

        Where requests come back one by one that is so again and again: it is logged once in the time of the limit.
        """
        now = self._clock.monotonic()
        if now >= self._say_spent_at:
            self._say_spent_at = now + (limit.seconds if limit else 0.0)
            event(log, "budget_spent", source=self._telling.source, limit=limit or "the source's own", goes_on=until)
        written = str(limit) if limit else None
        await self._note(lambda health: replace(health, spent_limit=written, spent_until=until))

    async def note_not_spent(self) -> None:
        """Its budget allows requests again."""
        await self._note(lambda health: replace(health, spent_limit=None, spent_until=None))

    async def _note(self, altered: Callable[[Health], Health]) -> None:
        source, at = self._telling.source, from_instant(self._clock.now())
        await self._healths.change(
            lambda healths: PollRecord(source, at, healths=(altered(healths[source]),)), self._storage.commit
        )
