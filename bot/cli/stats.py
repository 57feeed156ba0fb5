"""`orderwatch stats`: how long orders take, and whether dates are kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot import pictures
from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, opened, say, say_json, say_table
from bot.cli._store import strange
from bot.core.stats import Stats, statistics
from bot.errors import OrderwatchError
from bot.model.moment import from_instant
from bot.model.view import Table
from bot.storage.doors import export

_MOST_BARS = 14
_NOTHING_YET = "there is nothing to tell yet: no order was completed, left a status or slipped while it was watched"


@click.command()
@click.option("--source", help="Only of this source.")
@click.option("--days", type=click.IntRange(1, 36500), help="Only what was found in these last days.")
@click.option("--chart", type=click.Path(path_type=Path, dir_okay=False), help="Draw how long orders stay, as a PNG.")
@common_options
def command(invocation: Invocation, source: str | None, days: int | None, chart: Path | None) -> int:
    """Show lead times, stays in each status, on-time shares, slips.

    It may run beside the bot. Half of the orders are within p50, nine of ten within p90, in days.
    """
    if chart is not None and not pictures.can_draw():
        raise OrderwatchError(f"nothing here can draw; install it first: {pictures.INSTALL}")
    store = read_store(invocation)
    since = from_instant(datetime.now(UTC) - timedelta(days=days)) if days else None
    found = statistics(
        export(store.database, Table.ORDERS, source=source),
        export(store.database, Table.CHANGES, source=source, since=since),
        ZoneInfo(store.timezone),
    )
    if found.is_empty:
        complain(strange(store.database, source) or _NOTHING_YET)
        return Exit.NOTHING
    if chart is not None:
        _draw(found, chart)
    if invocation.json:
        for title, names, rows in _tables(found):
            for row in rows:
                say_json({"about": title, **dict(zip(names, row, strict=True))})
        return Exit.DONE
    for number, (title, names, rows) in enumerate(_tables(found)):
        if number:
            say()
        say(title)
        say_table(names, [tuple(map(_cell, names, row)) for row in rows], color=invocation.color)
    return Exit.DONE


def _tables(found: Stats) -> list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    """Title, columns and rows of everything there is."""
    spread = ("orders", "p50_days", "p90_days")
    tables: list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]] = [
        (
            "lead time",
            ("source", *spread),
            [(source, one.orders, one.p50, one.p90) for source, one in found.lead.items()],
        ),
        (
            "stay in status",
            ("source", "status", *spread),
            [(*name, one.orders, one.p50, one.p90) for name, one in found.stays.items()],
        ),
        (
            "on time",
            ("source", "orders", "by_last_promise", "by_first_promise"),
            [
                (source, one.orders, round(one.by_last / one.orders, 3), round(one.by_first / one.orders, 3))
                for source, one in found.kept.items()
            ],
        ),
        (
            "slips",
            ("source", "month", "moves", "orders", "p50_days"),
            [(*name, one.moves, one.orders, one.days) for name, one in found.slips.items()],
        ),
    ]
    return [table for table in tables if table[2]]


def _cell(name: str, value: Any) -> str:
    if name.startswith("by_"):
        return f"{value:.0%}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _draw(found: Stats, chart: Path) -> None:
    bars: dict[str, Sequence[float]] = {f"{source}: all": (one.p50, one.p90) for source, one in found.lead.items()}
    longest = sorted(found.stays.items(), key=lambda item: -item[1].p90)
    bars |= {f"{source}: {status}": (one.p50, one.p90) for (source, status), one in longest}
    if not bars:
        raise OrderwatchError("there is nothing to draw yet: no order was completed or left a status")
    drawn = pictures.spreads(dict(list(bars.items())[:_MOST_BARS]))
    with opened(chart) as file:
        file.write(drawn)
    complain(f"drawn to {chart}")
