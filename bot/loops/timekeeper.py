"""The loop that lets time make news: orders whose alarm is due are judged, and what is learned of sources is kept.

An alarm of a source that does not answer, or was not looked at whole since the start, waits: its orders may have moved.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.clock import sleep_unless
from bot.core import rung
from bot.core.chase import chased
from bot.core.stays import WorkingTime, learned
from bot.errors import StaleRecord
from bot.log import event
from bot.loops.poller import Poller
from bot.model.memory import Memory
from bot.model.moment import from_instant
from bot.model.view import ChangeRow
from bot.ports import Clock, Storage

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks at what is due."""
LEARN_EVERY = 3600.0
LONGEST_CATCH_UP = 900.0
"""Seconds after the start until alarms are raised although there is still much to look at."""
NOBODY_FOLLOWS = timedelta(days=1)
"""So long the alarm of an order waits that nobody follows any more."""
_BATCH = 100
_MOVES = 5000
"""Of one source: some hundred orders of the last weeks, or all there are of a year."""
_HISTORY = 500


class Timekeeper:
    """Raises the alarms of all sources."""

    def __init__(self, storage: Storage, clock: Clock, pollers: Mapping[str, Poller]) -> None:
        self._storage = storage
        self._clock = clock
        self._pollers = pollers
        self._started = clock.monotonic()
        self._ready: set[str] = set()
        """Sources that have been looked at whole since the start."""
        self._learned_at: dict[str, float] = {}

    async def load(self) -> None:
        """Read what was learned; and judge every order anew if the settings are others than its alarm was set by."""
        for name, poller in self._pollers.items():
            ledger = poller.rounds.ledger
            ledger.telling.habits.stays = dict(await self._storage.time.stays(name))
            lessons, turns = await self._storage.time.lessons(name), poller.rounds.turns
            if lessons and turns:
                turns.recall(lessons)
            watchlists = {each.name: each.alarms for each in ledger.book.watchlists}
            written = {name: alarms.model_dump(mode="json") for name, alarms in watchlists.items() if alarms}
            settings = json.dumps({**written, "": ledger.telling.alarms.model_dump(mode="json")}, sort_keys=True)
            if not await self._storage.time.is_set_by(name, settings):
                await self._storage.time.wake(name, from_instant(self._clock.now()))
                await self._storage.time.note_settings(name, settings)

    async def run(self, stop: asyncio.Event) -> None:
        """Raise alarms until `stop` is set."""
        while not stop.is_set():
            await self._tend([name for name, poller in self._pollers.items() if self._may_judge(name, poller)])
            await sleep_unless(stop, EVERY, self._clock)

    async def once(self) -> None:
        """Raise what is due now at sources that answer; everything has been looked at."""
        await self._tend([name for name, each in self._pollers.items() if not each.rounds.ledger.health.is_blind])

    async def _tend(self, names: Sequence[str]) -> None:
        for name in names:
            await self._learn(name, self._pollers[name])
        calling = await self._storage.time.calling(names, from_instant(self._clock.now())) if names else ()
        for name in calling:
            await self._ring(name, self._pollers[name])
            await self._chase(name, self._pollers[name])

    def _may_judge(self, name: str, poller: Poller) -> bool:
        if poller.rounds.ledger.health.is_blind:
            return False
        if poller.has_looked or self._clock.monotonic() - self._started >= LONGEST_CATCH_UP:
            self._ready.add(name)
        return name in self._ready

    async def _ring(self, name: str, poller: Poller) -> None:
        """Judge every order of a source whose alarm is due, each once."""
        done: set[str] = set()
        while not poller.rounds.ledger.health.is_blind:
            due = await self._storage.time.due(name, from_instant(self._clock.now()), limit=_BATCH)
            keys = [key for key in due if key not in done]
            if not keys:
                return
            done.update(keys)
            await self._judge(name, poller, keys)

    async def _judge(self, name: str, poller: Poller, keys: Sequence[str]) -> None:
        ledger, now = poller.rounds.ledger, self._clock.now()
        followed = [key for key in keys if key in ledger.states and ledger.book.follows(ledger.states[key])]
        strangers = sorted(set(keys) - set(followed))
        if strangers:
            await self._storage.time.postpone(name, strangers, from_instant(now + NOBODY_FOLLOWS))
        async with poller.rounds.locks.hold(followed):
            known = await self._storage.snapshots(name, followed)
            memories = await self._storage.memories(name, followed)
            records = []
            for key, snapshot in known.items():
                state, memory = ledger.states[key], memories.get(key, Memory())
                history: Sequence[ChangeRow] = ()
                if rung.may_close(snapshot.order, memory):
                    history = await self._storage.history(name, key, limit=_HISTORY)
                watchlists = ledger.book.following(key, state.scopes)
                care = await self._storage.talks.exceptions(name, key)
                acknowledged = frozenset(each.kind for each in care if not each.is_open)
                due = rung.Due(state, snapshot, memory, watchlists, history, acknowledged)
                records.append(rung.rung(due, ledger.telling, now))
            try:
                await ledger.commit_together(records)
            except StaleRecord as error:
                event(log, "alarm_later", level=logging.WARNING, source=name, error=error)

    async def _chase(self, name: str, poller: Poller) -> None:
        """Remind of what nobody has acknowledged, or pass it on; each order once."""
        ledger, done = poller.rounds.ledger, set[str]()
        while True:
            now = self._clock.now()
            due = await self._storage.talks.due_exceptions(name, from_instant(now), limit=_BATCH)
            waiting = {key: [each for each in due if each.key == key] for key in {each.key for each in due} - done}
            if not waiting:
                return
            done.update(waiting)
            known = await self._storage.snapshots(name, list(waiting))
            for key, snapshot in known.items():
                state = ledger.states.get(key)
                watchlists = ledger.book.following(key, state.scopes) if state else ()
                await ledger.commit(chased(waiting[key], snapshot, watchlists, ledger.telling, now))

    async def _learn(self, name: str, poller: Poller) -> None:
        """Learn how long orders of a source stay where, now and then; what is news by that is judged anew.

        What its looks have shown of when orders change is kept at the same time.
        """
        now, at = self._clock.now(), self._clock.monotonic()
        since = at - self._learned_at.get(name, float("-inf"))
        if since < LEARN_EVERY:
            return
        self._learned_at[name] = at
        if turns := poller.rounds.turns:
            hours = min(since, at - self._started) / 3600
            await self._storage.time.keep_lessons(name, turns.lessons(hours))
        telling = poller.rounds.ledger.telling
        time = WorkingTime(ZoneInfo(telling.alarms.timezone), telling.alarms.holidays)
        stays = learned(await self._storage.time.moves(name, limit=_MOVES), time, now)
        if stays == telling.habits.stays:
            return
        limits, before = ({word: one.limit for word, one in each.items()} for each in (stays, telling.habits.stays))
        telling.habits.stays = stays
        await self._storage.time.keep_stays(name, stays, from_instant(now))
        if limits != before:
            await self._storage.time.wake(name, from_instant(now))
            event(log, "learned", source=name, statuses=", ".join(f"{word}: {limits[word]}" for word in sorted(limits)))
