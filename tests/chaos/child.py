"""One worker as a process: `python -m tests.chaos.child CONFIG DSN NAME LEASE HEARTBEAT STALL [no-fence]`."""

import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bot import log
from bot.cli._process import StopSignal, run_async
from bot.clock import SystemClock
from bot.config import load as config
from bot.files import Files
from bot.fleet import open_fleet
from bot.loops import shared
from bot.model.database import Dsn
from bot.reload import keep_running
from bot.storage.leases import Leases


async def run(path: Path, database: Dsn, name: str, times: shared.Times) -> None:
    """Work until SIGTERM."""
    stop, clock, files = StopSignal(), SystemClock(), Files()
    await keep_running(
        config.load(path, {}, files),
        files,
        partial(config.load, path, {}),
        clock,
        stop=stop.event,
        asked=asyncio.Event(),
        join=lambda _: open_fleet(database, clock, name=name, times=times),
    )


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
    lease, heartbeat, stall = map(float, sys.argv[4:7])
    times = shared.Times(lease=lease, heartbeat=heartbeat, stall=stall)
    run_async(run(Path(sys.argv[1]), Dsn(sys.argv[2]), sys.argv[3], times))
