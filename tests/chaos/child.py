"""One worker as a process: `python -m tests.chaos.child CONFIG DSN NAME LEASE HEARTBEAT STALL [AHEAD] [no-fence]`.

AHEAD is by how many seconds its clock is wrong.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot import log
from bot.cli._process import StopSignal, ends_in_time, run_async
from bot.clock import SystemClock
from bot.config import load as config
from bot.files import Files
from bot.fleet import open_fleet
from bot.loops import shared
from bot.model.database import Dsn
from bot.reload import keep_running
from bot.storage.leases import Leases


class WrongClock(SystemClock):
    """A machine's clock that is wrong by so many seconds."""

    def __init__(self, ahead: float) -> None:
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        """What it takes for the present."""
        return super().now() + self._ahead


async def run(path: Path, database: Dsn, name: str, times: shared.Times, ahead: float) -> None:
    """Work until SIGTERM."""
    stop, clock, files = StopSignal(), WrongClock(ahead), Files()
    working = keep_running(
        config.load(path, {}, files),
        files,
        partial(config.load, path, {}),
        clock,
        stop=stop.event,
        asked=asyncio.Event(),
        join=lambda _: open_fleet(database, clock, name=name, times=times),
    )
    if not await ends_in_time(working, stop.event):
        os._exit(0)


async def _allow(*_: object) -> None:
    """Neither a token nor a clock ends anything."""


async def _renewed(_: Leases, held: Mapping[str, object]) -> frozenset[str]:
    """Whoever had a lease believes to have it still."""
    return frozenset(held)


def without_fence() -> None:
    """Let a worker write for ever under every lease it ever had."""
    shared.ProcrastinateEngine._require = _allow  # type: ignore[assignment,method-assign]
    shared.ProcrastinateEngine._guard = _allow  # type: ignore[assignment,method-assign]
    Leases.renew = _renewed  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    log.start()
    if "no-fence" in sys.argv:
        without_fence()
    lease, heartbeat, stall, *ahead = (float(number) for number in sys.argv[4:] if number != "no-fence")
    times = shared.Times(lease=lease, heartbeat=heartbeat, stall=stall)
    run_async(run(Path(sys.argv[1]), Dsn(sys.argv[2]), sys.argv[3], times, sum(ahead)))
