"""`orderwatch run`: watch and tell until stopped."""

import logging
import signal
from functools import partial

import click

from bot import log
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._process import ReloadSignal, StopSignal, run_async
from bot.clock import SystemClock
from bot.files import Files
from bot.reload import keep_running

logger = logging.getLogger(__name__)


@click.command()
@common_options
def command(invocation: Invocation) -> int:
    """Watch and tell until stopped.

    Ctrl-C or SIGTERM ends it within ten seconds. Nothing is lost by any stop: the next start goes on from there.

    The config is read again when it was changed, and on SIGHUP. One that is wrong is refused, and operators are told.
    """
    return run_async(_run(invocation))


async def _run(invocation: Invocation) -> int:
    stop = StopSignal()
    reload = ReloadSignal(stop)
    files = Files()
    config = read_config(invocation, files)
    await keep_running(
        config, files, partial(read_config, invocation), SystemClock(), stop=stop.event, asked=reload.event
    )
    log.event(logger, "stopped")
    return Exit.INTERRUPTED if stop.received is signal.SIGINT else Exit.DONE
