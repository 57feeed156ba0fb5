"""`orderwatch restore`: start again from a copy that `orderwatch backup` made."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import say, say_json
from bot.model.moment import from_instant
from bot.storage.backup import restore
from bot.storage.doors import file_of


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@common_options
def command(invocation: Invocation, file: Path) -> int:
    """Put the copy FILE to where the config wants the database. Nothing may be there.

    What had been sent when the copy was made is not sent again. What it still owed is looked for in the chat first,
    or says that it may be a repeat. What changed since is found again at the first look, so use your newest copy.
    """
    database = file_of(read_store(invocation).database, "put back what pg_dump copied with pg_restore")
    owed = restore(file, database, holder="orderwatch restore", at=from_instant(datetime.now(UTC)))
    if invocation.json:
        say_json({"database": str(database), "owed": owed})
    else:
        say(f"{database} is back; {owed} messages are still owed and go out with care at the next start")
    return Exit.DONE
