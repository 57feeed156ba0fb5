"""`orderwatch migrate`: from a file to PostgreSQL when one machine is not enough any more, and back."""

import os
import sys
from datetime import UTC, datetime

import click

from bot import log
from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import say, say_json, say_table
from bot.config.file import database_of
from bot.config.secrets import expand
from bot.model.database import Database, Dsn
from bot.storage.doors import move


@click.command()
@click.option("--to", "written", required=True, metavar="DATABASE", help="postgresql://user@host/name, or a new file.")
@common_options
def command(invocation: Invocation, written: str) -> int:
    """Copy the config's database into PostgreSQL, or into a file.

    The bot must not be running. What was told is not told again, and what is owed goes out from there. A copy that was
    broken off goes on where it stopped when it is started again; at the end, every table is compared. ${NAME} stands
    for an environment variable, so that no password is on the command line.
    """
    target = _target(written)
    source = read_store(invocation).database
    with click.progressbar(length=1, label="copying", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(table: str, done: int, total: int) -> None:
            bar.label, bar.length = table, max(total, 1)
            bar.update(done - bar.pos)

        moved = move(source, target, datetime.now(UTC), progress)
    if invocation.json:
        for each in moved:
            say_json({"table": each.table, "rows": each.rows, "sha256": each.digest})
    else:
        rows = [(each.table, f"{each.rows:,}", each.digest[:16]) for each in moved]
        say_table(["table", "rows", "sha256 begins"], rows, color=invocation.color)
        say(f"{target} holds the same as {source}; now write it into the config as `database`, and never run both")
    return Exit.DONE


def _target(written: str) -> Database:
    try:
        target = database_of(expand(written, os.environ))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--to") from None
    if isinstance(target, Dsn):
        log.hide(*target.secrets)
    return target
