"""Three workers, a bad minute, and what must hold after it."""

import asyncio
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.sandbox.judge import Verdict
from bot.sandbox.life import possible
from bot.sandbox.server import Sandbox
from tests.chaos.crowd import Crowd
from tests.chaos.database import Database
from tests.chaos.standby import Pair
from tests.crash import proof

WORKERS = 3
EVENT_EVERY = 1.1
"""Seconds between two things that happen to orders: a chat takes one message a second."""
FIRST_LOOK = 90.0
LAST_NEWS = 90.0
QUIET = 3.0
"""Seconds without a message at the end."""
REPEATS_A_BLOW = 2
"""A blow takes at most one send away from each of the two chats."""


@dataclass(slots=True)
class Outcome:
    """What came of it. `broken` are sentences about promises that did not hold."""

    verdict: Verdict
    happened: Counter[str]
    repeats: int
    strangers: int
    broken: list[str] = field(default_factory=list)
    back_after: float = 0.0
    """Seconds from the moment that a standby took over until every lease was taken there."""


class Chaos:
    """A world of this seed, so many seconds of trouble in it."""

    def __init__(self, seconds: float, seed: int, *, is_fenced: bool = True, has_standby: bool = False) -> None:
        """`has_standby`: in the middle of it a standby takes over, and nothing else befalls anybody."""
        self._seconds = seconds
        self._chance = random.Random(f"chaos {seed}")
        self._seed = seed
        self._is_fenced = is_fenced
        self._has_standby = has_standby
        self._sandbox = Sandbox(seed=seed, orders_per_account=6)
        self._last_event = 0.0

    async def run(self) -> Outcome:
        """Until everything that happened should have been told."""
        with tempfile.TemporaryDirectory(prefix="orderwatch-chaos-") as made:
            folder = Path(made)
            database = Pair(folder) if self._has_standby else Database(folder)
            try:
                await asyncio.to_thread(database.make)
                async with self._sandbox as sandbox:
                    config = folder / "watchlists.yaml"
                    config.write_text(json.dumps(sandbox.config(every="1s", one_by_one=True)), encoding="utf-8")
                    address, has_lines = database.address, not self._has_standby
                    crowd = Crowd(folder, config, address, WORKERS, self._seed, self._is_fenced, has_lines)
                    try:
                        return await self._run(crowd, database)
                    finally:
                        await crowd.end()
            finally:
                database.stop()

    async def _run(self, crowd: Crowd, database: Database) -> Outcome:
        await crowd.start()
        baseline = await self._baseline(database)
        destinations = {name: chat for (chat, _), name in self._sandbox.names.items()}
        await asyncio.to_thread(database.watch, self._sandbox.accounts, destinations)
        await self._trouble(crowd, database)
        await crowd.calm()
        calm = self._sandbox.clock.now()
        await self._until(self._is_all_told(calm), LAST_NEWS, crowd)
        await crowd.end()
        return self._outcome(self._sandbox.verdict(baseline=baseline, calm=calm), crowd, database)

    async def _baseline(self, database: Database) -> datetime:
        """Let the world be seen as it is, before anything happens in it."""
        summaries = len(self._sandbox.names) * len(self._sandbox.accounts)

        def is_done() -> bool:
            told = {(one.chat, one.text) for one in self._sandbox.accepted if "Now watching" in one.text}
            return len(told) >= summaries and database.ask(
                "select count(*) from orders where depth <> 'full' and stage not in ('completed', 'cancelled')"
            ) == [(0,)]

        if not await self._until(is_done, FIRST_LOOK):
            raise AssertionError("the first look was not told")
        return self._sandbox.clock.now()

    async def _trouble(self, crowd: Crowd, database: Database) -> None:
        started = self._now()
        next_blow, restart = started + 1.0, started + self._seconds * self._chance.uniform(0.4, 0.6)
        restarting: asyncio.Task[None] | None = None
        while self._now() < started + self._seconds:
            self._let_happen()
            await crowd.tend()
            if self._now() >= next_blow and not self._has_standby:
                await crowd.befall()
                next_blow = self._now() + self._chance.uniform(1.5, 5.0)
            if restarting is None and self._now() >= restart:
                restarting = asyncio.create_task(database.break_off(self._chance.uniform(0.5, 3.0)))
                crowd.happened["database broken off"] += 1
            await asyncio.sleep(0.1)
        if restarting:
            await restarting

    def _let_happen(self) -> None:
        """One more thing happens, to an order of which everything so far is known."""
        sandbox, now = self._sandbox, self._now()
        if now - self._last_event < EVENT_EVERY:
            return
        self._last_event = now
        account = self._chance.choice(sandbox.accounts)
        orders = sandbox.world.orders(account)
        for order in self._chance.sample(orders, min(8, len(orders))):
            if not proof.is_known(sandbox, order, everywhere=True):
                continue
            if choices := possible(sandbox.world, order, self._chance):
                self._chance.choices(choices, weights=[weight for weight, _ in choices])[0][1]()
                return
        if account != "twoservice":
            sandbox.world.place(account)

    def _is_all_told(self, calm: datetime) -> Callable[[], bool]:
        def is_done() -> bool:
            quiet = (self._sandbox.clock.now() - max(calm, *(one.at for one in self._sandbox.accepted))).total_seconds()
            long_ago = datetime.min.replace(tzinfo=calm.tzinfo)
            return quiet > QUIET and not self._sandbox.verdict(baseline=long_ago, calm=calm).missed

        return is_done

    async def _until(self, is_done: Callable[[], bool], seconds: float, crowd: Crowd | None = None) -> bool:
        end = self._now() + seconds
        while self._now() < end:
            if crowd:
                await crowd.tend()
            try:
                if is_done():
                    return True
            except Exception as error:  # noqa: BLE001  the tables are not there yet
                del error
            await asyncio.sleep(0.2)
        return False

    def _outcome(self, verdict: Verdict, crowd: Crowd, database: Database) -> Outcome:
        told = Counter((one.chat, one.place, one.text.replace(proof.REPEAT, "")) for one in self._sandbox.accepted)
        repeats = sum(count - 1 for count in told.values())
        (strangers,) = database.ask("select count(*), min(who || ' wrote ' || what || ' of ' || lease) from strangers")
        holes = database.ask("""select source, key, count(*), max(seq) from snapshots group by source, key
            having count(*) <> max(seq) or min(seq) <> 1""")
        states = database.ask("select state, count(*) from notifications group by state")
        broken = [*crowd.broken, *verdict.missed, *verdict.false, *proof.disordered(self._sandbox)]
        broken += [f"versions of {row} have a hole" for row in holes]
        broken += [f"{count} notifications are {state}" for state, count in states if state not in ("sent", "merged")]
        if strangers[0]:
            broken.append(f"{strangers[0]} writes of a worker that did not hold the lease, such as {strangers[1]}")
        may_repeat = REPEATS_A_BLOW * crowd.happened.total()
        if isinstance(database, Pair):
            may_repeat += sum(database.forgets_from <= one.at <= database.promoted_at for one in self._sandbox.accepted)
        if repeats > may_repeat:
            broken.append(f"{repeats} messages came twice, and no more than {may_repeat} may")
        back_after = database.back_after if isinstance(database, Pair) else 0.0
        return Outcome(verdict, crowd.happened, repeats, int(str(strangers[0])), broken, back_after)

    def _now(self) -> float:
        return self._sandbox.clock.monotonic()
