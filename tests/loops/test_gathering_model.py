"""Random worlds, configs and trouble: whatever is gathered, held, deferred or muted, the rows and the stories add up.

Plan, storage and notifier are the real ones, the chats are the scripted ones of the outbox model. A reader who was told
nothing wrong can follow each order: every message goes on where the last one ended.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.chats._text import plain_line
from bot.core import plan
from bot.core.calendar import quiet_until
from bot.core.mutes import Mutes
from bot.core.summary import BACK
from bot.loops.notifier import Notifier
from bot.model.change import Severity
from bot.model.command import Button
from bot.model.message import Message
from bot.model.moment import from_instant, instant_of
from bot.model.order import Order, Snapshot, Stage, Status
from bot.model.outbox import Destination, Notification, State
from bot.model.poll import OrderState
from bot.model.quiet import QuietWindow
from bot.model.route import Route
from bot.model.sending import Part
from bot.model.talk import Mute
from bot.model.watch import Confirmed
from bot.sandbox.said import Said, entries
from bot.storage.sqlite import SqliteStorage
from tests.core.making import TELLING, order, watchlist
from tests.loops.troubled import IN_MEMORY, MARK, PLACES, TROUBLE, RestlessClock, TroubledChat, drained

NAMES = ("ops", "sales")
KEYS = ("n1", "n2", "n3")
STAGES = {
    "Placed": Stage.PLACED, "Confirmed": Stage.CONFIRMED, "On hold": Stage.ON_HOLD, "Shipped": Stage.SHIPPED,
    "Delivered": Stage.COMPLETED, "Cancelled": Stage.CANCELLED,
}  # fmt: skip
BEGIN = "Placed"
PATH = re.compile(r" · (n\d): ([^·\n]+ → [^·\n]+)")
WAITS = st.sampled_from([0, 5, 600]).map(lambda seconds: timedelta(seconds=seconds))
NIGHT = QuietWindow(starts=10 * 60, ends=14 * 60)
PLACE = st.fixed_dictionaries(
    {
        "group_interval": st.sampled_from([timedelta(0), timedelta(minutes=20)]),
        "storm": st.sampled_from([None, 1, 2]),
        "quiet": st.sampled_from([(), (NIGHT,)]),
    }
)


class ReadableChat(TroubledChat):
    """Shows lists as people read them."""

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        lines = (message.headline, *message.body, *((message.footer,) if message.footer else ()))
        text = "\n".join(plain_line(line, UTC) for line in lines)
        return [Part(f"{MARK if repeated else ''}{text}", {})]


class Gathering(RuleBasedStateMachine):
    """Changes, mutes, trouble, restarts and time, in any order, under any config."""

    @initialize(places=st.tuples(PLACE, PLACE), waits=st.tuples(WAITS, WAITS), confirm=st.tuples(WAITS, WAITS))
    def begin(self, places: tuple[Any, Any], waits: tuple[Any, Any], confirm: tuple[Any, Any]) -> None:
        self.open = ExitStack()
        folder = self.open.enter_context(TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.path = Path(folder) / "o.db"
        self.loop = self.open.enter_context(asyncio.Runner())
        self.clock = RestlessClock()
        self.chats = {kind: ReadableChat(kind) for kind in ("readable", "blind")}
        self.places = {"desk": Destination(name="desk", chat="readable", address={"room": "desk"})}
        for name, more in zip(NAMES, places, strict=True):
            self.places[name] = Destination(name=name, chat=PLACES[name], address={"room": name}, **more)
        self.telling = replace(
            TELLING,
            catch_all=(Route(to=NAMES, label="notify[0]"),),
            operators=("desk",),
            group_waits=dict(zip(NAMES, waits, strict=True)),
            confirm=dict(zip((Confirmed.STATUS, Confirmed.PROMISE), confirm, strict=True)),
        )
        self.known: dict[str, Snapshot | None] = dict.fromkeys(KEYS)
        self.owed: list[str] = []
        self.start()
        for key in KEYS:
            self.see(order(key=key, number=key, status=Status(text=BEGIN, stage=STAGES[BEGIN])))

    def start(self) -> None:
        self.storage = SqliteStorage(self.path, self.clock)
        self.loop.run(self.storage.open())
        self.notifier = Notifier(
            self.storage, self.clock, self.chats, self.places, operators=("desk",), labels={"panels": "panels"}
        )

    def see(self, now: Order) -> None:
        """One look at an order, and what it means."""
        before = self.known[now.key]
        sight = plan.Sight(
            OrderState(now.key, seq=before.seq if before else 0), before, now, None, [watchlist()]
        )  # fmt: skip
        record = plan.order_seen(sight, self.telling, STAGES, self.clock.now())
        self.loop.run(self.storage.commit(record))
        self.owed += [new.key for new in record.notifications]
        self.known[now.key] = record.updates[0].snapshot or before

    def _last(self, key: str) -> Order:
        known = self.known[key]
        assert known is not None
        return known.order

    @rule(key=st.sampled_from(KEYS), word=st.sampled_from(sorted(STAGES)))
    def move(self, key: str, word: str) -> None:
        self.see(self._last(key).model_copy(update={"status": Status(text=word, stage=STAGES[word])}))

    @rule(key=st.sampled_from(KEYS), day=st.sampled_from(["2026-12-01", "2026-12-05", "2026-12-09"]))
    def promise(self, key: str, day: str) -> None:
        self.see(self._last(key).model_copy(update={"delivery_promised": day}))

    @rule(key=st.sampled_from(KEYS), holds=st.sampled_from([None, True, True, True, False]))
    def mute(self, key: str, *, holds: bool | None) -> None:
        now = self.clock.now()
        until = from_instant(now + timedelta(hours=2))
        mute = Mute(source="panels", key=key, until=until, holds=bool(holds), person="U1", since=from_instant(now))
        known = dict(self.telling.mutes.by_order)
        known[key] = () if holds is None else (mute,)
        self.telling = replace(self.telling, mutes=Mutes(known))

    @rule(key=st.sampled_from(KEYS), word=st.sampled_from(sorted(STAGES)))
    def cancel_while_snoozed(self, key: str, word: str) -> None:
        self.mute(key=key, holds=True)
        self.move(key=key, word=word)
        self.move(key=key, word="Cancelled")

    @rule(kind=st.sampled_from(["readable", "blind"]), coming=st.lists(st.sampled_from(sorted(TROUBLE)), max_size=3))
    def expect(self, kind: str, coming: list[str]) -> None:
        self.chats[kind].coming += coming

    @rule(seconds=st.sampled_from([3.0, 60.0, 900.0, 7200.0]))
    def pass_time(self, seconds: float) -> None:
        self.loop.run(self.clock.advance(seconds, settle=1))

    @rule()
    def send(self) -> None:
        while self.loop.run(drained(self.notifier)):
            self.restart()

    @rule()
    def restart(self) -> None:
        self.loop.run(self.storage.close())
        self.start()

    @invariant()
    def the_rows_add_up(self) -> None:
        rows = {row.key: row for row in self.rows() if row.destination != "desk"}
        assert sorted(rows) == sorted(self.owed)
        leaders = {row.id: row for row in rows.values()}
        for row in rows.values():
            if row.state is State.MERGED and row.reason != BACK:
                leader = leaders[row.merged_into or 0]
                assert (leader.destination, leader.gathered is not None) == (row.destination, True)
                assert leader.state is not State.MERGED
            assert row.reason or row.state not in (State.DEAD, State.MUTED)

    @invariant()
    def nothing_but_urgent_news_is_sent_in_quiet_hours(self) -> None:
        for row in self.rows():
            first = instant_of(row.first_try_at) if row.first_try_at else None
            if first and row.severity is not Severity.URGENT and row.destination in NAMES:
                assert quiet_until(self.places[row.destination].quiet, first) is None

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            self.loop.run(self.storage.close())
            self.open.close()

    def _end(self) -> None:
        """All trouble is over and two days go by: every change is told, merged, muted or dead, and none is made up."""
        for chat in self.chats.values():
            chat.coming.clear()
        self.restart()
        for _ in range(16):
            assert not self.loop.run(drained(self.notifier))
            self.loop.run(self.clock.advance(3 * 3600.0, settle=1))
        self.the_rows_add_up()
        rows = self.rows()
        assert {row.state for row in rows} <= {State.SENT, State.MERGED, State.MUTED, State.DEAD}
        for name in NAMES:
            lost = _not_told(row for row in rows if row.destination == name)
            for key in set(KEYS) - lost:
                assert self.followed(name, key) == self._last(key).status.text, (name, key)

    def followed(self, name: str, key: str) -> str:
        """How an order stands for a reader who was told of all its moves."""
        stands = BEGIN
        for path in self.paths(name, key):
            assert path[0] == stands, (name, key, path, stands)
            stands = path[-1]
        return stands

    def paths(self, name: str, key: str) -> Iterator[list[str]]:
        seen = set()
        for place, part, text in self.chats[PLACES[name]].heard:
            if place != name or part in seen:
                continue
            seen.add(part)
            for entry in entries(Said(self.clock.now(), "", name, text.removeprefix(MARK), is_repeat=False)):
                found = PATH.search(entry.headline)
                if found and found[1] == key:
                    yield [word.strip() for word in found[2].split(" → ")]

    def rows(self) -> Sequence[Notification]:
        return self.loop.run(self.storage.notifications(limit=100_000))


def _not_told(rows: Iterable[Notification]) -> set[str]:
    """Orders of which something was muted or given up: nobody can follow them."""
    rows = list(rows)
    dead = {row.id for row in rows if row.state is State.DEAD}
    lost = {row.order for row in rows if row.state in (State.DEAD, State.MUTED) or row.merged_into in dead}
    return {key for key in lost if key is not None}


class TestGathering(Gathering.TestCase):  # type: ignore[misc, valid-type]  # a class that hypothesis makes at run time
    settings = settings(max_examples=20, stateful_step_count=25)
