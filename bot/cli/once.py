"""`orderwatch once`: one pass, for cron and for trying things out."""

import logging
from dataclasses import asdict

import click

from bot.app import Pass, open_app
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json
from bot.cli._process import run_async
from bot.clock import SystemClock
from bot.config.load import Config
from bot.core.phrases import counted


@click.command()
@common_options
def command(invocation: Invocation) -> int:
    """Look at everything once, send what is owed, and end.

    Exit code 1 when a source could not be read, or a message could not be sent.
    """
    if not invocation.verbose:
        logging.getLogger("bot").setLevel(logging.ERROR)  # what matters of it is said at the end
    done = run_async(_once(read_config(invocation)))
    if invocation.json:
        say_json(asdict(done))
    else:
        say(f"{counted(done.changes, 'change')}, {counted(done.sent, 'message')} sent, {done.waiting:,} waiting")
    for reason in done.failing.values():
        complain(reason)
    for destination, reason in done.blocked.items():
        complain(f"{destination}: {reason}")
    if done.dead:
        complain(f"{counted(done.dead, 'message')} given up; see: orderwatch outbox list --state dead")
    return Exit.FAILED if done.failing or done.waiting or done.dead else Exit.DONE


async def _once(config: Config) -> Pass:
    async with open_app(config, SystemClock(), is_single_pass=True) as app:
        return await app.once(complain)
