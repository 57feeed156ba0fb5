"""`orderwatch calendar`: promised deliveries as a file that calendar programs read."""

import asyncio
import difflib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.app import build_sources
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, opened, say_json
from bot.clock import SystemClock
from bot.config.load import Config
from bot.core.catalogue import Catalogue
from bot.core.phrases import counted
from bot.crew import catalogue
from bot.web.promised import DAYS_AHEAD, DAYS_BACK, MOST, PromisedDates


@click.command()
@click.option("--source", help="Only orders of this source.")
@click.option("--watchlist", help="Only orders of this watchlist.")
@click.option(
    "--days", default=DAYS_AHEAD, show_default=True, type=click.IntRange(0, 3650), help="How far to look ahead."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file, in place of stdout.")
@common_options
def command(invocation: Invocation, source: str | None, watchlist: str | None, days: int, output: Path | None) -> int:
    """Write promised deliveries as an iCalendar file. Each order is one event.

    An event keeps its identity: imported again it moves, and does not come twice. What was promised or finished more
    than a month ago is left out. It may run beside the bot.
    """
    config = read_config(invocation)
    _require("source", source, config.sources)
    _require("watchlist", watchlist, config.watchlists)
    dates = PromisedDates(config.database, asyncio.run(_catalogue(config)))
    written, events = dates.calendar(datetime.now(UTC), source=source, watchlist=watchlist, days=days)
    if invocation.json and output is None:
        say_json({"events": events, "calendar": written.decode()})
        return Exit.DONE if events else Exit.NOTHING
    if events >= MOST:
        complain(f"these may be only the first {MOST:,}; narrow it by --source, --watchlist or --days")
    with opened(output) as file:
        file.write(written)
    if output is not None:
        complain(f"{counted(events, 'event')} written to {output}")
    elif not events:
        complain(f"no order is promised for the next {days} days or the last {DAYS_BACK}")
    return Exit.DONE if events else Exit.NOTHING


def _require(what: str, name: str | None, known: Iterable[str]) -> None:
    names = list(known)
    if name is not None and name not in names:
        near = difflib.get_close_matches(name, names)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names) or 'none'}"
        raise click.BadParameter(f"there is no {what} '{name}'; {hint}", param_hint=f"--{what}")


async def _catalogue(config: Config) -> Catalogue:
    sources = build_sources(config, SystemClock())
    try:
        return catalogue(config, sources)
    finally:
        for source in sources.values():
            await source.close()
