"""What mute, snooze and unmute have in common at the terminal: which news is meant, and until when."""

from collections.abc import Callable
from typing import Any

import click

from bot.cli._desk import quoted
from bot.cli._kinds import among
from bot.model.change import Kind
from bot.model.command import Verb


def which_news(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say which news is meant."""
    options = (
        click.option(
            "--to", metavar="DESTINATION", help="Who is meant; without it, with a watchlist or kind: everybody."
        ),
        click.option("--watchlist", metavar="NAME", help="News that comes by this watchlist."),
        click.option(
            "--kind",
            metavar="KIND",
            callback=among([kind.value for kind in Kind]),
            help="Only changes of this kind: slipped.",
        ),
        click.option("--all", "is_all", is_flag=True, help="All news of any order; needs --to."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def until_when(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say until when, and why."""
    until = click.option("--until", metavar="WHEN", help="Such as: friday, tomorrow 9:00, 2026-12-24.")
    return until(
        click.option("--note", metavar="WHY", help="Shown where it is listed, and with what was not told.")(command)
    )


def question(
    verb: Verb,
    what: tuple[str, ...],
    *,
    watchlist: str | None,
    kind: str | None,
    is_all: bool,
    until: str | None = None,
    note: str | None = None,
) -> str:
    """The question of the chat that means the same. `what` is an order, a time, or both. Raises UsageError."""
    if len(what) > 1 and what[0].casefold() == "po":  # PO 26-40006, as messages write it
        what = (" ".join(what[:2]), *what[2:])
    if len(what) > 2:
        raise click.UsageError(f"{' '.join(what)} is too many words: an order, then a time")
    is_broad = bool(watchlist or kind or is_all)
    if not what and not is_broad:
        raise click.UsageError("name an ORDER, --watchlist, --kind or --all")
    order = None if len(what) == 1 and is_broad and verb is not Verb.UNMUTE else next(iter(what), None)
    how_long = what[-1] if len(what) > (order is not None) else None
    if how_long and until:
        raise click.UsageError("HOW_LONG and --until say the same; keep one of them")
    parts = [verb.value, *([quoted(order)] if order else [])]
    parts += ["watchlist", quoted(watchlist)] if watchlist else []
    parts += ["kind", kind] if kind else []
    parts += ["here"] if is_all else []
    parts += ["until change"] if how_long == "change" else [how_long] if how_long else []
    parts += ["until", until] if until else []
    return " ".join([*parts, *(["note", note] if note else [])])
