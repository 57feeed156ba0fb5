"""The outbox as a state machine: whatever happens to sends, chats, the config and the process, in whatever order.

Storage, notifier and settle are the real ones; the chats are scripted, one that can be read back and one that cannot.
After every step the rows add up; at the end, when all trouble is over, everything owed has been told in order or
lies dead with a reason, and no chat shows the same news twice without a mark.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.loops.notifier import Notifier
from bot.model.message import Line, Message, Text
from bot.model.moment import Moment, from_instant
from bot.model.outbox import Destination, NewNotification, State
from bot.model.poll import PollRecord
from bot.storage.sqlite import SqliteStorage
from tests.loops.troubled import IN_MEMORY, MARK, PLACES, TROUBLE, RestlessClock, TroubledChat, drained


class Outbox(RuleBasedStateMachine):
    """Commits, sends, trouble, restarts and edits of the config, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.folder = Path(self.open.enter_context(TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None)))
        self.loop = self.open.enter_context(asyncio.Runner())
        self.clock = RestlessClock()
        self.chats = {kind: TroubledChat(kind) for kind in ("readable", "blind")}
        self.config = set(PLACES)
        self.told: dict[str, list[str]] = {name: [] for name in PLACES}
        """By destination: the keys committed to it, in order."""
        self.rooms = 0
        self.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(work)

    def start(self) -> None:
        self.storage = SqliteStorage(self.folder / "o.db", self.clock)
        self.run(self.storage.open())
        self.notifier = self._notifier()

    @rule(name=st.sampled_from(["ops", "sales"]), number=st.integers(1, 3), is_long=st.booleans())
    def commit(self, name: str, number: int, *, is_long: bool) -> None:
        keys = [f"{name}-{len(self.told[name]) + offset}" for offset in range(number)]
        known = self.told[name][-1:]
        self.told[name] += keys
        at = from_instant(self.clock.now())
        self.run(self.storage.commit(_record(known + keys, name, at, is_long=is_long)))

    @rule(kind=st.sampled_from(["readable", "blind"]), coming=st.lists(st.sampled_from(sorted(TROUBLE)), max_size=4))
    def expect(self, kind: str, coming: list[str]) -> None:
        self.chats[kind].coming += coming

    @rule()
    def send(self) -> None:
        while self.run(drained(self.notifier)):
            self._restart()

    @rule(seconds=st.sampled_from([1.0, 30.0, 900.0, 3600.0]))
    def pass_time(self, seconds: float) -> None:
        self.run(self.clock.advance(seconds, settle=1))

    @rule()
    def restart(self) -> None:
        self._restart()

    @precondition(lambda self: len(self.config) == len(PLACES))
    @rule(name=st.sampled_from(["ops", "sales"]))
    def take_out_of_the_config(self, name: str) -> None:
        self.config.discard(name)
        self._restart()

    @rule()
    def put_back_into_the_config(self) -> None:
        self.config = set(PLACES)
        self._restart()

    @rule(name=st.sampled_from(["ops", "sales"]))
    def move(self, name: str) -> None:
        self.rooms += 1
        moves = self.chats[PLACES[name]].moves
        now = name
        while now in moves:
            now = moves[now]
        moves[now] = f"{name} {self.rooms}"

    @invariant()
    def the_rows_add_up(self) -> None:
        """Everything committed is there, nothing else is, and what was given up says why."""
        counts, rows = self.run(self._look())
        own = [row for row in rows if row.destination != "desk"]
        assert sum(counts[state] for state in State) == len(rows)
        assert {name: [row.key for row in own if row.destination == name] for name in ("ops", "sales")} == {
            name: self.told[name] for name in ("ops", "sales")
        }
        assert all(row.reason for row in rows if row.state is State.DEAD)
        heard = {(name, key) for chat in self.chats.values() for name, key, _ in chat.heard}
        sent = [row for row in rows if row.state is State.SENT]
        assert all((row.destination, f"{row.key}.{part}") in heard for row in sent for part in range(row.parts_sent))

    @invariant()
    def nothing_is_heard_twice_without_a_mark(self) -> None:
        for chat in self.chats.values():
            plain = [(name, key) for name, key, text in chat.heard if not text.startswith(MARK)]
            assert len(plain) == len(set(plain))
        seen = [(name, key) for name, key, _ in self.chats["readable"].heard]
        assert len(seen) == len(set(seen))

    @invariant()
    def each_destination_hears_in_order(self) -> None:
        for name in ("ops", "sales"):
            heard = [key for place, key, _ in self.chats[PLACES[name]].heard if place == name]
            firsts = list(dict.fromkeys(heard))
            assert firsts == sorted(firsts, key=lambda key: (int(key.split("-")[1].split(".")[0]), key))

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            self.run(self.storage.close())
            self.open.close()

    def _end(self) -> None:
        """All trouble is over and a day goes by: nothing may be left open, and nothing may be lost."""
        for chat in self.chats.values():
            chat.coming.clear()
        self.config = set(PLACES)
        self._restart()
        for _ in range(26):
            self.run(drained(self.notifier))
            self.run(self.clock.advance(3600.0, settle=1))
        self.the_rows_add_up()
        self.nothing_is_heard_twice_without_a_mark()
        self.each_destination_hears_in_order()
        _, rows = self.run(self._look())
        assert {row.state for row in rows} <= {State.SENT, State.DEAD}

    def _notifier(self) -> Notifier:
        places = {
            name: Destination(name=name, chat=chat, address={"room": name})
            for name, chat in PLACES.items()
            if name in self.config
        }
        return Notifier(self.storage, self.clock, self.chats, places, operators=("desk",), labels={})

    def _restart(self) -> None:
        self.run(self.storage.close())
        self.start()

    async def _look(self) -> tuple[Any, list[Any]]:
        return await self.storage.counts(), list(await self.storage.notifications(limit=100_000))


def _record(keys: Sequence[str], name: str, at: Moment, *, is_long: bool) -> PollRecord:
    told = tuple(
        NewNotification(
            key=key, destination=name, kinds=("status",), route="notify[0]", created_at=at,
            message=Message(headline=Line(spans=(Text(text=f"{'long' if is_long else 'news'} {key}"),))),
        )
        for key in keys
    )  # fmt: skip
    return PollRecord("panels", at, notifications=told)


class TestOutbox(Outbox.TestCase):  # type: ignore[misc, valid-type]  # a class that hypothesis makes at run time
    settings = settings(max_examples=40, stateful_step_count=25)
