"""Workers as child processes, and what befalls them: killed, asked to leave, frozen or cut off for a while.

Whoever ended is begun again. Each has a line of its own to the database, and a clock that may be wrong.
"""

import asyncio
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bot.model.database import Dsn
from tests.line import Line

ROOT = Path(__file__).parents[2]
LEASE, HEARTBEAT, STALL = 3.0, 0.5, 5.0
"""Seconds: a sixth of the product's own."""
LONGEST = 2.2 * STALL
"""Seconds that one is frozen or cut off."""
SLOWEST = 0.1
"""Seconds that a slow line takes in each direction: six times as much with the product's own times."""
CLOCKS = (0.0, 60.0, -60.0)
"""Seconds by which clocks are wrong, in turn."""
_BLOWS = {
    "kill": 3, "leave": 2, "freeze": 2, "freeze for long": 3, "cut off": 2, "cut off for long": 3, "slow line": 2,
}  # fmt: skip
"""What may befall one, and how often."""
_ENDS = (0, -signal.SIGKILL, -signal.SIGTERM)
"""How one may end: in peace, or killed; also when it was asked to leave before it had begun to listen."""


@dataclass(slots=True)
class _Trouble:
    """What one is in, on the loop's clock."""

    until: float
    is_frozen: bool = False


@dataclass(slots=True)
class Crowd:
    """So many workers on one database; `befall` lets something happen to one of them."""

    folder: Path
    config: Path
    address: str
    size: int
    seed: int
    is_fenced: bool = True
    has_lines: bool = True
    happened: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    _workers: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _lines: dict[str, Line] = field(default_factory=dict)
    _troubles: dict[str, _Trouble] = field(default_factory=dict)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"crowd {self.seed}")

    async def start(self) -> None:
        """Begin with all of them."""
        for number in range(self.size):
            await self._start(f"worker {number}")

    async def befall(self) -> str:
        """Something happens to somebody, and whoever is no more is begun again. Returns what it was."""
        await self.tend()
        well = sorted(self._workers.keys() - self._troubles.keys())
        if not well:
            return "all are in trouble"
        name = self._chance.choice(well)
        what = self._chance.choices(list(_BLOWS), weights=list(_BLOWS.values()))[0]
        if what == "kill":
            self._workers[name].kill()
        elif what == "leave":
            self._workers[name].terminate()
        else:
            self._trouble(name, what)
        self.happened[what] += 1
        return f"{what}: {name}"

    def _trouble(self, name: str, what: str) -> None:
        longest = LEASE if what in ("freeze", "cut off") else LONGEST
        until = asyncio.get_running_loop().time() + self._chance.uniform(0.7 * longest, longest)
        self._troubles[name] = _Trouble(until, is_frozen=what.startswith("freeze"))
        if what.startswith("freeze"):
            self.freeze(name)
        elif what.startswith("cut off"):
            self._lines[name].cut()
        else:
            self._lines[name].slow_down(SLOWEST / 3, SLOWEST, self.seed)

    async def add(self, name: str) -> None:
        """One more."""
        await self._start(name)

    def freeze(self, name: str) -> None:
        """Let one stand still."""
        self._workers[name].send_signal(signal.SIGSTOP)

    def wake(self, name: str) -> None:
        """Let it go on."""
        self._workers[name].send_signal(signal.SIGCONT)

    async def tend(self) -> None:
        """End the troubles that lasted long enough, and begin again who is gone."""
        now = asyncio.get_running_loop().time()
        for name, trouble in list(self._troubles.items()):
            if now >= trouble.until:
                self._end_trouble(name)
        for name, worker in list(self._workers.items()):
            if worker.returncode is not None:
                if worker.returncode not in _ENDS:
                    self.broken.append(f"{name} ended by itself with {worker.returncode}: {self.last_words(name)}")
                await self._start(name)

    def _end_trouble(self, name: str) -> None:
        if self._troubles.pop(name).is_frozen:
            self.wake(name)
        elif line := self._lines.get(name):
            line.heal()
            line.slow_down(0.0, 0.0)

    async def calm(self) -> None:
        """Everybody works, from now on in peace."""
        for name in list(self._troubles):
            self._end_trouble(name)
        await self.tend()

    async def end(self) -> None:
        """Everybody leaves, whatever state they are in."""
        for name in list(self._troubles):
            self._end_trouble(name)
        for worker in self._workers.values():
            if worker.returncode is None:
                worker.send_signal(signal.SIGCONT)
                worker.terminate()
        for name, worker in self._workers.items():
            try:
                async with asyncio.timeout(15.0):
                    await worker.wait()
            except TimeoutError:
                self.broken.append(f"{name} did not leave within 15 s")
                worker.kill()
                await worker.wait()
        for line in self._lines.values():
            await line.take_away()

    def last_words(self, name: str) -> str:
        """What a worker logged last."""
        lines = self._log(name).read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    async def _start(self, name: str) -> None:
        clock = CLOCKS[int(name.rpartition(" ")[2]) % len(CLOCKS)]
        fence = () if self.is_fenced else ("no-fence",)
        numbers = map(str, (LEASE, HEARTBEAT, STALL, clock))
        address = await self._address(name)
        with self._log(name).open("ab") as log:
            self._workers[name] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.child", str(self.config), address, name, *numbers, *fence,
                cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip

    async def _address(self, name: str) -> str:
        if not self.has_lines:
            return self.address
        if name not in self._lines:
            self._lines[name] = Line(Dsn(self.address))
            await self._lines[name].lay()
        return self._lines[name].address.secret
