"""`orderwatch run`: watch and tell until stopped."""

import logging
import os
import signal
from functools import partial

import click

from bot import log
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._fleet import joining
from bot.cli._invocation import Invocation, common_options
from bot.cli._process import ReloadSignal, StopSignal, ends_in_time, run_async
from bot.clock import SystemClock
from bot.files import Files
from bot.reload import keep_running

logger = logging.getLogger(__name__)


@click.command()
@click.option(
    "--engine",
    default="local",
    show_default=True,
    type=click.Choice(["local", "postgres"]),
    help="Who does the work: this process alone, or it and all others on the same PostgreSQL database.",
)
@click.option("--worker", metavar="NAME", help="What this process is called among them.  [default: host and number]")
@common_options
def command(invocation: Invocation, engine: str, worker: str | None) -> int:
    """Watch and tell until stopped.

    Ctrl-C or SIGTERM ends it within ten seconds. Nothing is lost by any stop: the next start goes on from there.

    The config is read again when it was changed, and on SIGHUP. One that is wrong is refused, and operators are told.
    """
    return run_async(_run(invocation, is_shared=engine == "postgres", worker=worker))


async def _run(invocation: Invocation, *, is_shared: bool, worker: str | None) -> int:
    stop = StopSignal()
    reload = ReloadSignal(stop)
    files = Files()
    config = read_config(invocation, files)
    clock = SystemClock()
    working = keep_running(
        config,
        files,
        partial(read_config, invocation),
        clock,
        stop=stop.event,
        asked=reload.event,
        join=joining(worker, clock) if is_shared else None,
    )
    in_time = await ends_in_time(working, stop.event)
    code = Exit.INTERRUPTED if stop.received is signal.SIGINT else Exit.DONE
    log.event(logger, "stopped" if in_time else "stopped_by_force")
    if not in_time:  # it waits for a database that does not answer; like any other kill, this loses nothing
        os._exit(code)
    return code
