"""The program under an accelerated clock: `python -m tests.soak.child SPEED ORIGIN CONFIG`; SIGTERM ends it."""

import logging
import os
import sys
from pathlib import Path

from bot.app import open_app
from bot.cli._process import StopSignal, run_async
from bot.config import load as config
from tests.soak.fast_clock import FastClock


async def watch(path: Path, clock: FastClock) -> None:
    """As `orderwatch run` does, with this clock."""
    stop = StopSignal()
    async with open_app(config.load(path, os.environ), clock) as app:
        await app.run(stop.event)


if __name__ == "__main__":
    logging.getLogger().setLevel(logging.CRITICAL)
    run_async(watch(Path(sys.argv[3]), FastClock(float(sys.argv[1]), float(sys.argv[2]))))
