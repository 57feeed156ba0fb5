"""The outbox as a state machine: whatever happens to sends, chats, the config and the process, in whatever order.

Storage, notifier and settle are the real ones; the chats are scripted, one that can be read back and one that cannot.
After every step the rows add up; at the end, when all trouble is over, everything owed has been told in order or
lies dead with a reason, and no chat shows the same news twice without a mark.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.clock import ManualClock
from bot.errors import (
    CannotLookBack,
    ChatBusy,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    DestinationMoved,
    MessageRefused,
    SendUnclear,
)
from bot.loops.notifier import Notifier
from bot.model.command import Button
from bot.model.message import Line, Message, Text
from bot.model.moment import Moment, from_instant
from bot.model.outbox import Destination, NewNotification, State
from bot.model.poll import PollRecord
from bot.model.sending import Limit, Part, Threads
from bot.model.units import RateValue
from bot.storage.sqlite import SqliteStorage
from tests.core.making import words

PLACES = {"ops": "readable", "sales": "blind", "desk": "readable"}
"""Destination to the chat it is in. Operators hear of trouble at the desk."""
IN_MEMORY = Path("/dev/shm")
"""Where a sync costs nothing: this test syncs some thousand times and kills no power supply."""
MARK = "(may be a repeat) "


class Killed(BaseException):
    """The process ends here, whatever it was doing."""


TROUBLE: dict[str, tuple[bool, Callable[[str], BaseException] | None]] = {
    "works": (True, None),
    "answer lost": (True, lambda kind: SendUnclear(kind, "no answer")),
    "request lost": (False, lambda kind: SendUnclear(kind, "no answer")),
    "unreachable": (False, lambda kind: ChatUnreachable(kind, "refused")),
    "busy": (False, lambda kind: ChatBusy(kind, "ratelimited", 30.0)),
    "all busy": (False, lambda kind: ChatBusy(kind, "ratelimited", 30.0, whole_chat=True)),
    "message refused": (False, lambda kind: MessageRefused(kind, "invalid_blocks")),
    "destination broken": (False, lambda kind: DestinationBroken(kind, "is_archived")),
    "killed before it arrives": (False, Killed),
    "killed after it arrived": (True, Killed),
    "token refused": (False, lambda kind: ChatRefused(kind, "token_revoked")),
}
"""What can become of a send: whether the chat shows the message, and what we are told."""


class RestlessClock(ManualClock):
    """Whoever waits moves it on: nothing else happens meanwhile."""

    async def sleep(self, seconds: float) -> None:
        await self.advance(max(0.0, seconds), settle=1)


class TroubledChat:
    """Shows messages in `heard`, by room. The next sends meet `coming`, one each; after that they work."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.coming: list[str] = []
        self.heard: list[tuple[str, str, str]] = []
        """Room, key and text of all it shows."""
        self.moves: dict[str, str] = {}
        """Rooms that live on under another name."""

    def limits(self, destination: Destination) -> Sequence[Limit]:
        return [Limit(self.kind, RateValue(1000, 1.0))]

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        text = words(message)
        parts = 2 if text.startswith("long") else 1
        return [Part(f"{MARK if repeated else ''}{text} #{number}", {}) for number in range(parts)]

    def edit_limits(self, destination: Destination) -> Sequence[Limit]:
        return self.limits(destination)

    def threads(self, destination: Destination) -> Threads:
        return Threads.NONE

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        room = str(destination.address["room"])
        if room in self.moves:
            raise DestinationMoved(self.kind, "upgraded", {"room": self.moves[room]})
        is_shown, error = TROUBLE[self.coming.pop(0) if self.coming else "works"]
        if is_shown:
            self.heard.append((destination.name, key, part.plain))
        if error is not None:
            raise error(self.kind)
        return f"m{len(self.heard)}"

    async def edit(self, message_id: str, part: Part, destination: Destination) -> None:
        pass

    async def find(self, destination: Destination, *, key: str, since: Moment, under: str | None = None) -> str | None:
        if self.kind == "blind":
            raise CannotLookBack(self.kind, "no history here")
        found = (number for number, heard in enumerate(self.heard) if heard[:2] == (destination.name, key))
        return next((f"m{number}" for number in found), None)

    async def check(self) -> str:
        return self.kind

    async def close(self) -> None:
        pass


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
        while self.run(self._send()):
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
            self.run(self._send())
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

    async def _send(self) -> bool:
        """Send what may be sent now. Returns whether the process was killed over it."""
        try:
            await self.notifier.drain()
        except Killed:
            lanes = asyncio.all_tasks() - {asyncio.current_task()}
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            return True
        return False

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
