"""`orderwatch healthcheck`: whether the bot that works on this database is alive."""

from collections.abc import Mapping
from datetime import UTC, datetime

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json
from bot.cli._store import ask
from bot.errors import StorageError
from bot.model.moment import Moment, instant_of

LONGEST_SILENCE = 60.0
"""Seconds. Loops give a sign of life several times as often, also while they wait."""


@click.command()
@common_options
def command(invocation: Invocation) -> int:
    """Exit 0 if every loop of the running bot gave a sign of life in the last 60 seconds, else 1 with the reason."""
    database = read_store(invocation).database
    try:
        silences = _silences(ask(database, lambda views: views.beats()), datetime.now(UTC))
        reasons = reasons_against(silences)
    except StorageError as error:
        silences, reasons = {}, [str(error)]
    if invocation.json:
        say_json({"ok": not reasons, "silent_seconds": silences, "reasons": reasons})
    elif reasons:
        complain("; ".join(reasons))
    else:
        say(f"alive: {', '.join(sorted(silences))}")
    return Exit.FAILED if reasons else Exit.DONE


def reasons_against(silences: Mapping[str, float]) -> list[str]:
    """Why the bot is not healthy, from the seconds since each loop's last sign of life; empty when it is."""
    if not silences:
        return ["no loop has ever run on this database; start it with `orderwatch run`"]
    return [
        f"{loop} has been silent for {silence:.0f} s"
        for loop, silence in sorted(silences.items())
        if silence > LONGEST_SILENCE
    ]


def _silences(beats: Mapping[str, Moment], now: datetime) -> dict[str, float]:
    instants = {loop: instant_of(at) for loop, at in beats.items()}
    return {loop: round((now - at).total_seconds(), 1) for loop, at in instants.items() if at is not None}
