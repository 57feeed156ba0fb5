"""`orderwatch run`: watch and tell until stopped."""

import logging
import signal

import click

from bot import log
from bot.app import open_app
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._process import StopSignal, run_async
from bot.clock import SystemClock
from bot.config.load import Config

logger = logging.getLogger(__name__)


@click.command()
@common_options
def command(invocation: Invocation) -> int:
    """Watch and tell until stopped.

    Ctrl-C or SIGTERM ends it within ten seconds. Nothing is lost by any stop: the next start goes on from there.
    """
    return run_async(_run(read_config(invocation)))


async def _run(config: Config) -> int:
    stop = StopSignal()
    async with open_app(config, SystemClock()) as app:
        log.event(logger, "started", config=config.path, database=config.database, sources=", ".join(app.pollers))
        await app.run(stop.event)
    log.event(logger, "stopped")
    return Exit.INTERRUPTED if stop.received is signal.SIGINT else Exit.DONE
