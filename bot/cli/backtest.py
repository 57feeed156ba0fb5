"""`orderwatch backtest`: what an edited config would have told of what happened."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from bot.backtest import Backtest, backtest
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json, say_table
from bot.cli._times import shown
from bot.clock import SystemClock
from bot.core.compare import Comparison, Difference, Item
from bot.core.phrases import counted
from bot.model.moment import from_instant

_PAGE = 20


@click.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(min=1), help="How far to look back.")
@click.option("--all", "shows_all", is_flag=True, help=f"Show every difference, not only the first {_PAGE}.")
@common_options
def command(invocation: Invocation, days: int, shows_all: bool) -> int:
    """Replay what was found through an edited config. What it tells is compared with what was told.

    Give the edited copy with -c; it must lie in the folder of the one that runs, or name the same database. Nothing is
    sent and nothing is written, also beside a running bot. Mutes, and what people follow by hand, stay as they were.
    """
    config = read_config(invocation)
    with click.progressbar(length=1, label="replaying", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done)

        found = backtest(config, SystemClock(), days=days, progress=progress)
    if found.since is None or not found.changes:
        complain("there is no change in that time; nothing to compare")
        return Exit.NOTHING
    if invocation.json:
        say_json(_as_json(found))
    else:
        _print(found, config.timezone, shows_all=shows_all, color=invocation.color)
    return Exit.DONE


def _print(found: Backtest, zone: str, *, shows_all: bool, color: bool) -> None:
    comparison = found.comparison
    since, until = shown(found.since, zone), shown(found.until, zone)
    say(f"{counted(found.changes, 'change')} from {since} to {until}, times in {zone}")
    say()
    rows = [[name, *(f"{count:,}" for count in asdict(counts).values())] for name, counts in _destinations(comparison)]
    say_table(["destination", "messages then", "messages with it", "added", "removed", "moved"], rows, color=color)
    say()
    if comparison.items:
        items = comparison.items if shows_all else comparison.items[:_PAGE]
        columns = ["", "found", "order", "changes", "then", "with it"]
        say_table(columns, [_row(item, found, zone) for item in items], color=color)
        if len(items) < len(comparison.items):
            say(f"and {len(comparison.items) - len(items):,} more; --all shows them")
    else:
        say("nothing would have been told otherwise")
    for note in _notes(found):
        complain(note)
    say(f"result {comparison.digest}")


def _destinations(comparison: Comparison) -> Sequence[tuple[str, Any]]:
    return list(comparison.destinations.items())


def _row(item: Item, found: Backtest, zone: str) -> list[str]:
    number, kinds = found.about[item.news]
    then = _where(item.before, item.at_before, item.with_before, zone)
    with_it = _where(item.after, item.at_after, item.with_after, zone)
    what = item.what if item.what in (Difference.ADDED, Difference.REMOVED) else f"moved: {item.what}"
    return [what, shown(item.news[2], zone), number, ", ".join(kinds), then, with_it]


def _where(destination: str | None, at: Any, others: int, zone: str) -> str:
    if destination is None:
        return "not told"
    when = shown(from_instant(at), zone) if at else "not sent yet"
    return f"{destination}, {when}" + (f", with {counted(others, 'other')}" if others else "")


def _notes(found: Backtest) -> list[str]:
    said = []
    if found.approximated:
        said.append(
            f"{counted(found.approximated, 'time')} the order was judged as it is now: the answer of then is not "
            "kept (`retention.raw`) or cannot be read"
        )
    if found.unwanted or found.by_hand:
        said.append(
            f"left as they were: {found.unwanted:,} that somebody had muted or put off, {found.by_hand:,} to where "
            "somebody follows an order by hand"
        )
    said += [
        f"watchlist {name!r}: its listing was never asked for, so nobody knows its orders" for name in found.unknown
    ]
    return said


def _as_json(found: Backtest) -> dict[str, Any]:
    items = []
    for item in found.comparison.items:
        source, key, seen_at = item.news
        number, kinds = found.about[item.news]
        items.append(
            {
                "what": item.what, "source": source, "key": key, "order": number, "found_at": seen_at, "kinds": kinds,
                "before": item.before, "after": item.after,
                "at_before": item.at_before and from_instant(item.at_before),
                "at_after": item.at_after and from_instant(item.at_after),
                "with_before": item.with_before, "with_after": item.with_after,
            }
        )  # fmt: skip
    return {
        "since": found.since,
        "until": found.until,
        "changes": found.changes,
        "approximated": found.approximated,
        "left_as_they_were": {"unwanted": found.unwanted, "by_hand": found.by_hand},
        "unknown_watchlists": found.unknown,
        "destinations": {name: asdict(counts) for name, counts in found.comparison.destinations.items()},
        "items": items,
        "result": found.comparison.digest,
    }
