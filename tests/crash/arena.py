"""One world, one program that is killed again and again, and what came of it."""

import asyncio
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.sandbox.judge import Verdict
from bot.sandbox.life import possible
from tests.crash import proof
from tests.crash.lookout import watched_sandbox
from tests.crash.points import FIRST_LIFE, Kill, kills

ROOT = Path(__file__).parents[2]
NEVER = ("never", "0")
PATIENCE = 20.0
"""Seconds in which a point must be reached."""
EVENT_EVERY = 0.9
"""Seconds between two things that happen: a chat takes one message a second."""
MOST_AHEAD = 6
"""So many messages may be on their way to a chat before the world waits."""
FIRST_LOOK = 60.0
"""Seconds in which all orders must have been looked at and told of."""
LAST_NEWS = 90.0
"""Seconds in which everything must have been told after the last kill."""
QUIET = 3.0
"""Seconds without a message at the end: two polls and their messages."""


@dataclass(slots=True)
class Death:
    """One kill that was done."""

    kill: Kill
    at: datetime
    reached: bool
    recovered: float | None = None
    """Seconds from the next start to its first request."""


@dataclass(slots=True)
class Outcome:
    """What an arena came to. `broken` are sentences about promises that did not hold."""

    seed: int
    deaths: list[Death]
    verdict: Verdict
    repeats: list[datetime]
    broken: list[str]
    marked: int = 0


@dataclass(slots=True)
class _Process:
    child: asyncio.subprocess.Process
    started: float
    asked: float | None = None
    """When it first asked a server."""

    @property
    def lives(self) -> bool:
        return self.child.returncode is None

    def kill(self) -> None:
        if self.lives:
            self.child.kill()

    async def end_within(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.child.wait()
        except TimeoutError:
            return


class Arena:
    """Kills the program `number` times in a world of this seed."""

    def __init__(self, seed: int, number: int, folder: Path, *, looks_back: bool = True) -> None:
        """`looks_back`: whether Slack lets the program read what it has sent."""
        self.seed = seed
        self.folder = folder
        self._config = folder / "watchlists.yaml"
        self._database = folder / "orderwatch.db"
        self._errors = folder / "errors.log"
        self._number = number
        self._deaths: list[Death] = []
        self._broken: list[str] = []
        self._steps = 0
        self._process: _Process | None = None
        self._armed: Kill | None = None
        self._passes = 0
        self._last_event = 0.0
        self._chance = random.Random(f"world {seed}")
        self._sandbox = watched_sandbox(seed, 6, self._passed, self._strike)
        self._looks_back = looks_back
        if not looks_back:
            self._sandbox.slack.scopes -= {"channels:history", "groups:history", "im:history"}

    async def run(self) -> Outcome:
        """Until all kills are done and everything that happened should have been told."""
        async with self._sandbox:
            try:
                return await self._run()
            finally:
                if self._process:
                    self._process.kill()
                    await self._process.child.wait()

    async def _run(self) -> Outcome:
        self._config.write_text(json.dumps(self._sandbox.config(every="1s")), encoding="utf-8")
        plan = list(kills(self.seed, self._number))
        while plan and plan[0].point in FIRST_LIFE and len(self._deaths) < len(FIRST_LIFE) and self._number > 8:
            await self._life(plan.pop(0), happens=False)
        baseline = await self._baseline()
        for kill in plan:
            await self._life(kill, happens=True)
        verdict = await self._end(baseline)
        return self._outcome(verdict)

    # A life

    async def _life(self, kill: Kill, *, happens: bool) -> None:
        if kill.command:
            await self._keep(kill)
            return
        self._steps += kill.migrates
        inside = (kill.point, str(kill.count)) if kill.where == "inside" else NEVER
        process = await self._start(*inside)
        self._armed, self._passes = kill, 0
        end = process.started + (kill.seconds if kill.where == "clock" else PATIENCE)
        while process.lives and self._now() < end:
            if happens:
                self._let_happen()
            await process.end_within(min(0.1, max(0.001, end - self._now())))
        reached = not process.lives or kill.where == "clock"
        self._strike()
        await process.child.wait()
        self._deaths.append(Death(kill, self._sandbox.clock.now(), reached))
        self._armed = None
        self._look_at_the_remains(process, kill)
        if happens and self._chance.random() < 0.5:
            self._let_happen(at_once=True)

    async def _keep(self, kill: Kill) -> None:
        """The file is copied, lost and brought back; one of the two commands is killed, and then given again."""
        copy = self.folder / f"kept-{len(self._deaths)}.db"
        for command, made in (("backup", copy), ("restore", self._database)):
            if command == "restore":
                for part in self.folder.glob(f"{self._database.name}*"):
                    part.unlink()
            if command == kill.command:
                code = await self._command(kill.point, command, copy)
                self._deaths.append(Death(kill, self._sandbox.clock.now(), reached=code == -9))
            if made.exists():
                if problem := proof.file_problem(made):
                    self._break(kill, f"{made.name} is there and damaged: {problem}")
            elif code := await self._command("never", command, copy):
                self._break(kill, f"given again, {command} ended with {code}: {proof.last_words(self._errors)}")
        copy.unlink(missing_ok=True)

    async def _command(self, point: str, command: str, copy: Path) -> int:
        process = await self._start(point, "1", command, str(copy))
        await process.end_within(PATIENCE)
        process.kill()
        return await process.child.wait()

    async def _start(self, point: str, count: str, *command: str) -> _Process:
        arguments = [point, count, str(self._steps), *(command or ("run",)), "-c", str(self._config)]
        with self._errors.open("ab") as errors:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.crash.child", *arguments, cwd=ROOT, stdout=errors, stderr=errors
            )
        self._process = _Process(child, self._now())
        return self._process

    def _strike(self) -> None:
        if self._process:
            self._process.kill()

    def _passed(self, point: str) -> float | None:
        process = self._process
        if process and process.asked is None:
            process.asked = self._now()
            if self._deaths and self._deaths[-1].recovered is None:
                self._deaths[-1].recovered = process.asked - process.started
        if self._armed is None or self._armed.point != point:
            return None
        self._passes += 1
        return self._armed.seconds if self._passes == self._armed.count else None

    def _look_at_the_remains(self, process: _Process, kill: Kill) -> None:
        if process.child.returncode != -9:
            self._break(
                kill, f"the program ended by itself with {process.child.returncode}: {proof.last_words(self._errors)}"
            )
        if not self._database.exists():
            return
        if problem := proof.file_problem(self._database):
            self._break(kill, f"the file is damaged: {problem}")
        for copy in self.folder.glob("*.bak"):
            if problem := proof.file_problem(copy):
                self._break(kill, f"the copy {copy.name} is damaged: {problem}")
            copy.unlink()

    def _break(self, kill: Kill, words: str) -> None:
        self._broken.append(f"seed {self.seed}, kill {len(self._deaths)} ({kill.point} × {kill.count}): {words}")

    # The world

    def _let_happen(self, *, at_once: bool = False) -> None:
        """One more thing happens, to an order of which everything so far is known."""
        sandbox, now = self._sandbox, self._now()
        if not at_once and now - self._last_event < EVENT_EVERY:
            return
        if len(self._verdict(sandbox.clock.now()).missed) > MOST_AHEAD * len(sandbox.names):
            return
        self._last_event = now
        account = self._chance.choice(sandbox.accounts)
        orders = sandbox.world.orders(account)
        for order in self._chance.sample(orders, min(8, len(orders))):
            if not proof.is_known(sandbox, order):
                continue
            if choices := possible(sandbox.world, order, self._chance):
                self._chance.choices(choices, weights=[weight for weight, _ in choices])[0][1]()
                return
        if account != "twoservice":
            sandbox.world.place(account)

    async def _baseline(self) -> datetime:
        """Let the program see the world as it is, before anything happens in it."""
        await self._start(*NEVER)
        everything = len(self._sandbox.names) * len(self._sandbox.accounts)
        if not await self._until(self._is_baselined(everything), FIRST_LOOK):
            raise AssertionError(f"seed {self.seed}: the first look was not told; {proof.last_words(self._errors)}")
        self._strike()
        return self._sandbox.clock.now()

    def _is_baselined(self, summaries: int) -> Callable[[], bool]:
        def is_done() -> bool:
            told = {(one.chat, one.text) for one in self._sandbox.accepted if "Now watching" in one.text}
            return len(told) >= summaries and proof.is_read_in_full(self._database)

        return is_done

    async def _end(self, baseline: datetime) -> Verdict:
        """No more kills: wait until all is told and nothing more comes, and let the program end in peace."""
        process = await self._start(*NEVER)
        calm = self._sandbox.clock.now()
        await self._until(self._is_all_told(calm), LAST_NEWS)
        process.child.terminate()
        await process.end_within(12.0)
        if process.child.returncode != 0:
            self._broken.append(f"seed {self.seed}: SIGTERM ended it with {process.child.returncode}, not with 0")
        return self._sandbox.verdict(baseline=baseline, calm=calm)

    def _is_all_told(self, calm: datetime) -> Callable[[], bool]:
        def is_done() -> bool:
            quiet = (self._sandbox.clock.now() - max(calm, *(one.at for one in self._sandbox.accepted))).total_seconds()
            return quiet > QUIET and not self._verdict(calm).missed

        return is_done

    def _verdict(self, calm: datetime) -> Verdict:
        long_ago = datetime.min.replace(tzinfo=calm.tzinfo)
        return self._sandbox.verdict(baseline=long_ago, calm=calm)

    async def _until(self, is_done: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is done, or time is up, or the program has ended. Returns whether it is done."""
        end = self._now() + seconds
        while not is_done():
            if self._now() > end or not (self._process and self._process.lives):
                return False
            await asyncio.sleep(0.1)
        return True

    def _now(self) -> float:
        return self._sandbox.clock.monotonic()

    # The end

    def _outcome(self, verdict: Verdict) -> Outcome:
        sandbox, deaths = self._sandbox, self._deaths
        repeats = proof.repeats(sandbox.accepted)
        states = proof.notifications(self._database)
        broken = [*verdict.missed, *verdict.duplicates, *verdict.false, *proof.disordered(sandbox)]
        if self._looks_back:
            broken += [f"Slack was told again: {one.text}" for one in repeats if one.chat == "slack"]
            broken += [f"Slack shows {key} twice" for key in proof.doubled_keys(sandbox.accepted)]
        if states.keys() - {"sent", "merged"}:
            broken.append(f"not everything was told: {states}")
        for before, after in zip(deaths, [*deaths[1:], None], strict=True):
            until = after.at if after else sandbox.clock.now()
            near = [one.chat for one in repeats if before.at <= one.at < until]
            if len(near) > len(set(near)):
                broken.append(f"more than one repeat in a chat after the kill at {before.kill.point}")
        marked = sum(proof.REPEAT in one.text for one in sandbox.accepted)
        broken = [*self._broken, *(f"seed {self.seed}: {line}" for line in broken)]
        return Outcome(self.seed, deaths, verdict, [one.at for one in repeats], broken, marked)
