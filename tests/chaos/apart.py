"""A worker in a network of its own, whose packets are dropped without a word: `python -m tests.chaos --apart 45`.

Both ends of its cable are told a hardware address that nobody has. That drops what is sent, and answers nobody.
"""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.model.database import Dsn
from tests.line import Line
from tests.loops.team import ALL, TIMES, Crew, Span, Team, overlaps, until

ROOT = Path(__file__).parents[2]
_NOBODY = "02:00:00:00:00:fe"
BACK_WITHIN = 60.0
"""Seconds after healing until it has its share again: connections that died meanwhile are noticed first."""


class Impossible(Exception):
    """There can be no other network here; says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds that things took."""

    stopped_after: float
    """From the cut until the one that was cut off had ended its work."""
    taken_after: float
    """From the cut until the other had all leases."""
    back_after: float
    """From healing until the first one had its share again."""
    overlaps: int
    """Leases that both worked on at the same time while it was cut off."""


class Cable:
    """Between this network and another one, `name`. Our end has the address `here`."""

    def __init__(self) -> None:
        mark = secrets.token_hex(3)
        self.name = f"ow-{mark}"
        self._ends = (f"ow{mark}a", f"ow{mark}b")
        net = f"10.231.{secrets.randbelow(256)}"
        self.here, self._there = f"{net}.1", f"{net}.2"

    def lay(self) -> None:
        """Make the other network. Raises Impossible."""
        if shutil.which("ip") is None:
            raise Impossible("there is no `ip`: install iproute2")
        if os.geteuid() != 0:
            raise Impossible("only root may make networks")
        near, far = self._ends
        _ip("netns", "add", self.name)
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self.name)
        _ip("addr", "add", f"{self.here}/30", "dev", near)
        _ip("link", "set", near, "up")
        self._there_too("addr", "add", f"{self._there}/30", "dev", far)
        self._there_too("link", "set", far, "up")

    def take_away(self) -> None:
        """Leave nothing of it."""
        for rest in (("link", "del", self._ends[0]), ("netns", "del", self.name)):
            subprocess.run(["ip", *rest], capture_output=True, check=False)

    def cut(self) -> None:
        """From now on nothing arrives."""
        near, far = self._ends
        _ip("neigh", "replace", self._there, "lladdr", _NOBODY, "dev", near, "nud", "permanent")
        self._there_too("neigh", "replace", self.here, "lladdr", _NOBODY, "dev", far, "nud", "permanent")

    def heal(self) -> None:
        """From now on everything does."""
        near, far = self._ends
        _ip("neigh", "del", self._there, "dev", near)
        self._there_too("neigh", "del", self.here, "dev", far)

    def _there_too(self, *arguments: str) -> None:
        _ip("-n", self.name, *arguments)


@contextmanager
def laid() -> Iterator[Cable]:
    """A cable, for as long as the block lasts. Raises Impossible."""
    cable = Cable()
    try:
        cable.lay()
        yield cable
    finally:
        cable.take_away()


def _ip(*arguments: str) -> None:
    ended = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Impossible(f"ip {' '.join(arguments)}: {ended.stderr.strip()}")


async def cut_off(database: Dsn, seconds: float) -> Outcome:
    """Cut off one that holds everything for so long, while another is there to take over. Raises Impossible."""
    with laid() as cable:
        async with Line(database, host=cable.here) as line, AsyncExitStack() as stack:
            far = await asyncio.create_subprocess_exec(
                "ip", "netns", "exec", cable.name, sys.executable, "-m", "tests.chaos.apart", line.address.secret,
                cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            spans: list[Span] = []
            reading = asyncio.create_task(_read(far, spans))
            try:
                return await _cut_off(cable, Team(database, stack), spans, seconds)
            finally:
                far.kill()
                await far.wait()
                reading.cancel()


async def _cut_off(cable: Cable, team: Team, spans: list[Span], seconds: float) -> Outcome:
    await until(lambda: _open(spans) == len(ALL))
    await asyncio.to_thread(cable.cut)
    cut_at = time.monotonic()
    other = await team.join("near")
    await until(lambda: set(other.stores) == ALL)
    taken_after = time.monotonic() - cut_at
    stopped_after = max(span.ended for span in spans) - cut_at
    await asyncio.sleep(max(0.0, cut_at + seconds - time.monotonic()))
    worked_on_by_both = len(overlaps(spans, other.spans))
    await asyncio.to_thread(cable.heal)
    healed_at = time.monotonic()
    await until(lambda: _open(spans) > 0, patience=BACK_WITHIN)
    return Outcome(stopped_after, taken_after, time.monotonic() - healed_at, worked_on_by_both)


def _open(spans: list[Span]) -> int:
    return sum(span.ended == float("inf") for span in spans)


async def _read(far: asyncio.subprocess.Process, spans: list[Span]) -> None:
    """What the one in the other network says of its work: the monotonic clock is the machine's."""
    assert far.stdout is not None
    while line := (await far.stdout.readline()).decode():
        what, at, lease = line.rstrip("\n").split(" ", 2)
        if what == "began":
            spans.append(Span(lease, float(at)))
        else:
            next(span for span in reversed(spans) if span.lease == lease).ended = float(at)


async def _work(database: Dsn) -> None:
    """Be a worker, and say when a lease begins and ends."""
    async with AsyncExitStack() as stack:
        crew: Crew = await Team(database, stack).join("far")
        said = 0
        ended: set[int] = set()
        while True:
            for span in crew.spans[said:]:
                print("began", span.began, span.lease, flush=True)
            said = len(crew.spans)
            for number, span in enumerate(crew.spans):
                if span.ended < float("inf") and number not in ended:
                    print("ended", span.ended, span.lease, flush=True)
                    ended.add(number)
            await asyncio.sleep(TIMES.heartbeat / 5)


if __name__ == "__main__":
    asyncio.run(_work(Dsn(sys.argv[1])))
