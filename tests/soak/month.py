"""A simulated month: the program in a process of its own, the world and the weather in this one."""

import asyncio
import heapq
import json
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.model.moment import from_instant
from bot.sandbox.judge import Verdict
from bot.sandbox.life import possible
from bot.sandbox.server import Sandbox
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from tests.crash import proof
from tests.soak.body import Contents, Sample, contents, sample
from tests.soak.fast_clock import START, FastClock
from tests.soak.weather import ANYWHERE, AT_SUPPLIERS, Strike, Weather

ROOT = Path(__file__).parents[2]
DAY = 86_400.0
HOURS_BETWEEN = (3.0, 36.0)
"""Between two events of one order, as in life."""
SUPPLIER_RATE = 0.02
CHAT_RATE = 0.02
KEEP_RAW, KEEP_SENT = 7, 14
"""Days of retention."""
FIRST_LOOK, LAST_NEWS, QUIET = 30.0, 30.0, 2.0
"""Real seconds."""


@dataclass(slots=True)
class Result:
    """What a month came to."""

    verdict: Verdict
    strikes: list[Strike]
    samples: list[Sample]
    requests: int
    events: int
    held_back: int
    """Events that waited because the one before had not been told yet."""
    repeats: list[tuple[str, float]]
    """Chat and simulated second of each second copy that was marked as a possible repeat."""
    marked: int
    notices: Counter[str]
    """The first two words of news about sources and watchlists, in both chats."""
    contents: Contents
    broken: list[str] = field(default_factory=list)


class Month:
    """So many simulated days in so many real minutes."""

    def __init__(self, days: float, minutes: float, seed: int, folder: Path, *, orders: int = 10) -> None:
        self._days = days
        self._clock = FastClock(days * DAY / (minutes * 60.0))
        self._folder = folder
        self._chance = random.Random(f"month {seed}")
        self._sandbox = Sandbox(seed=seed, clock=self._clock, orders_per_account=orders)
        self._weathers = {name: Weather(name, self._clock, seed, _faults_of(name)) for name in self._sandbox.faults}
        self._sandbox.faults.update(self._weathers)
        self._sandbox.slack = SlackTwin(self._clock, faults=self._weathers["slack"])
        self._sandbox.telegram = TelegramTwin(self._clock, faults=self._weathers["telegram"])
        self._due: list[tuple[float, str, str]] = []
        self._samples: list[Sample] = []
        self._held_back = 0
        self._events = 0

    @property
    def speed(self) -> float:
        """How much faster than real time."""
        return self._clock.speed

    async def run(self) -> Result:
        """Live through it."""
        async with self._sandbox:
            config = self._sandbox.config(every="30m")
            config["retention"] = {"raw": f"{KEEP_RAW}d", "sent": f"{KEEP_SENT}d"}
            (self._folder / "watchlists.yaml").write_text(json.dumps(config), encoding="utf-8")
            child = await self._start()
            try:
                return await self._live(child)
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        arguments = [str(self._clock.speed), str(self._clock.origin), str(self._folder / "watchlists.yaml")]
        return await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.soak.child", *arguments, cwd=ROOT)

    async def _live(self, child: asyncio.subprocess.Process) -> Result:
        await self._until(self._is_baselined, FIRST_LOOK)
        if child.returncode is not None or not self._is_baselined():
            raise AssertionError(f"no first look within {FIRST_LOOK:g} s; the program ended with {child.returncode}")
        baseline, begun = self._clock.now(), self._clock.monotonic()
        for name, weather in self._weathers.items():
            weather.rate = CHAT_RATE if name in ("slack", "telegram") else SUPPLIER_RATE
        for account in self._sandbox.accounts:
            for order in self._sandbox.world.orders(account):
                self._expect(account, order.number, share=self._chance.random())
        while self._clock.monotonic() < begun + self._days * DAY and child.returncode is None:
            self._advance()
            if not self._samples or self._clock.monotonic() - self._samples[-1].at > self._days * DAY / 120:
                self._samples.append(sample(child.pid, self._database, self._clock.monotonic()))
            await asyncio.sleep(0.02)
        calm = self._clock.now()
        for weather in self._weathers.values():
            weather.rate = 0.0
        await self._until(lambda: self._is_quiet(calm), LAST_NEWS)
        child.terminate()
        code = await child.wait()
        return self._result(baseline, calm, code)

    @property
    def _database(self) -> Path:
        return self._folder / "orderwatch.db"

    # The world

    def _advance(self) -> None:
        """Let happen what is due, to orders of which everything so far has been told somewhere."""
        now = self._clock.monotonic()
        while self._due and self._due[0][0] <= now:
            _, account, number = heapq.heappop(self._due)
            order = self._sandbox.world.order(account, number)
            if order is None:
                continue
            if not proof.is_known(self._sandbox, order):
                self._held_back += 1
                heapq.heappush(self._due, (now + 3600.0, account, number))
                continue
            if choices := possible(self._sandbox.world, order, self._chance):
                self._chance.choices(choices, weights=[weight for weight, _ in choices])[0][1]()
                self._events += 1
                self._expect(account, number)
            elif account != "twoservice":
                self._expect(account, self._sandbox.world.place(account).number)
                self._events += 1

    def _expect(self, account: str, number: str, *, share: float = 1.0) -> None:
        wait = self._chance.uniform(*HOURS_BETWEEN) * 3600.0 * share
        heapq.heappush(self._due, (self._clock.monotonic() + wait, account, number))

    def _is_baselined(self) -> bool:
        everything = len(self._sandbox.names) * len(self._sandbox.accounts)
        told = [one for one in self._sandbox.accepted if "Now watching" in one.text]
        return len(told) >= everything and proof.is_read_in_full(self._database)

    def _is_quiet(self, calm: datetime) -> bool:
        last = max(one.at for one in self._sandbox.accepted)
        real = (self._clock.now() - max(last, calm)).total_seconds() / self._clock.speed
        return real > QUIET and not self._sandbox.verdict(baseline=START, calm=calm).missed

    async def _until(self, is_done: Callable[[], bool], seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while not is_done() and asyncio.get_running_loop().time() < end:
            await SystemClock().sleep(0.1)

    # The end

    def _result(self, baseline: datetime, calm: datetime, code: int) -> Result:
        accepted = self._sandbox.accepted
        verdict = self._sandbox.verdict(baseline=baseline, calm=calm)
        broken = [*verdict.missed, *verdict.duplicates, *verdict.false, *self._disordered()]
        broken += [f"Slack shows {key} twice" for key in proof.doubled_keys(accepted)]
        states = proof.notifications(self._database)
        if states.keys() - {"sent", "merged"}:
            broken.append(f"not everything was told: {states}")
        if problem := proof.file_problem(self._database):
            broken.append(f"the file is damaged: {problem}")
        if code != 0:
            broken.append(f"the program ended with {code}, not with 0")
        return Result(
            verdict=verdict,
            strikes=[strike for weather in self._weathers.values() for strike in weather.strikes],
            samples=self._samples,
            requests=sum(weather.answered for weather in self._weathers.values()),
            events=self._events,
            held_back=self._held_back,
            repeats=[(one.chat, (one.at - START).total_seconds()) for one in proof.repeats(accepted)],
            marked=sum(proof.REPEAT in one.text for one in accepted),
            notices=Counter(" ".join(one.text.split()[1:3]) for one in accepted if " · seen " not in one.text),
            contents=contents(self._database),
            broken=broken + list(self._body_problems(contents(self._database), calm)),
        )

    def _disordered(self) -> Iterator[str]:
        """What happens at once takes real microseconds, which are much longer here."""
        return proof.disordered(self._sandbox, one_moment=timedelta(seconds=0.01 * self._clock.speed))

    def _body_problems(self, found: Contents, calm: datetime) -> Iterator[str]:
        """What grew that should not have grown."""
        if len(self._samples) >= 40:
            early, late = self._samples[len(self._samples) // 4 : len(self._samples) // 2], self._samples[-20:]
            before, after = (statistics.median(one.memory for one in some) for some in (early, late))
            if after > before * 1.1 + 4e6:
                yield f"memory grew from {before / 1e6:.1f} to {after / 1e6:.1f} MB"
            if max(one.descriptors for one in late) > max(one.descriptors for one in early) + 8:
                yield f"open files grew from {early[0].descriptors} to {late[-1].descriptors}"
        if found.rows["snapshots"] != found.versions:
            yield f"{found.rows['snapshots']} snapshots for {found.versions} versions of orders"
        if found.size > 2 * found.data + 300_000:
            yield f"{found.size} bytes hold {found.data} bytes of data"
        for oldest, days in ((found.oldest_raw, KEEP_RAW), (found.oldest_sent, KEEP_SENT)):
            kept_since = from_instant(calm - timedelta(days=days, hours=4))
            if oldest is not None and oldest < kept_since:
                yield f"{oldest} should have been dropped after {days} days"


def _faults_of(server: str) -> dict[str, dict[str, Any]]:
    return ANYWHERE if server in ("slack", "telegram") else AT_SUPPLIERS
