"""Workers as child processes, and what befalls them: killed, asked to leave, frozen for a while; begun again after."""

import asyncio
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEASE, HEARTBEAT, STALL = 3.0, 0.5, 5.0
"""Seconds: a sixth of the product's own."""
LONGEST_FREEZE = 2.2 * STALL
_ENDS = (0, -signal.SIGKILL, -signal.SIGTERM)
"""How one may end: in peace, or killed; also when it was asked to leave before it had begun to listen."""


@dataclass(slots=True)
class Crowd:
    """So many workers on one database; `befall` lets something happen to one of them."""

    folder: Path
    config: Path
    address: str
    size: int
    seed: int
    is_fenced: bool = True
    happened: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    _workers: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _frozen: dict[str, float] = field(default_factory=dict)
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
        awake = sorted(self._workers.keys() - self._frozen.keys())
        if not awake:
            return "all are frozen"
        name = self._chance.choice(awake)
        what = self._chance.choices(("kill", "leave", "freeze", "freeze for long"), weights=(3, 2, 2, 3))[0]
        worker = self._workers[name]
        if what == "kill":
            worker.kill()
        elif what == "leave":
            worker.terminate()
        else:
            longest = LONGEST_FREEZE if what == "freeze for long" else LEASE
            shortest = 0.7 * longest
            worker.send_signal(signal.SIGSTOP)
            self._frozen[name] = asyncio.get_running_loop().time() + self._chance.uniform(shortest, longest)
        self.happened[what] += 1
        return f"{what}: {name}"

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
        """Wake who was frozen long enough, and begin again who is gone."""
        now = asyncio.get_running_loop().time()
        for name, until in list(self._frozen.items()):
            if now >= until:
                self._workers[name].send_signal(signal.SIGCONT)
                del self._frozen[name]
        for name, worker in list(self._workers.items()):
            if worker.returncode is not None:
                is_away = "cannot be reached" in self.last_words(name)  # begun while there was no database
                if worker.returncode not in _ENDS and not is_away:
                    self.broken.append(f"{name} ended by itself with {worker.returncode}: {self.last_words(name)}")
                await self._start(name)

    async def wake_all(self) -> None:
        """Everybody works, from now on in peace."""
        for name in list(self._frozen):
            self._frozen[name] = 0.0
        await self.tend()

    async def end(self) -> None:
        """Everybody leaves, whatever state they are in."""
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

    def last_words(self, name: str) -> str:
        """What a worker logged last."""
        lines = self._log(name).read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    async def _start(self, name: str) -> None:
        times = map(str, (LEASE, HEARTBEAT, STALL))
        fence = () if self.is_fenced else ("no-fence",)
        with self._log(name).open("ab") as log:
            self._workers[name] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.child", str(self.config), self.address, name, *times, *fence,
                cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
