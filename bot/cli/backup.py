"""`orderwatch backup`: a whole copy of the database, also while the bot runs."""

from pathlib import Path

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import say, say_json
from bot.storage.backup import backup
from bot.storage.doors import file_of


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@common_options
def command(invocation: Invocation, file: Path) -> int:
    """Copy the database into FILE, which must not be there yet.

    Safe at any time, also while the bot runs. Only you can read the copy; it holds orders and messages, no tokens.
    """
    size = backup(file_of(read_store(invocation).database, "copy it with pg_dump -Fc, at any time"), file)
    if invocation.json:
        say_json({"file": str(file), "bytes": size})
    else:
        say(f"{file}: {size:,} bytes, checked")
    return Exit.DONE
