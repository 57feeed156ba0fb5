"""`orderwatch orders import`: follow the orders that a file names."""

import asyncio
import codecs
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli._config import read_config
from bot.cli._desk import destination
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._named import names_of
from bot.cli._output import complain, say, say_json
from bot.cli._store import beside_with
from bot.config.load import Config
from bot.core.catalogue import Catalogue
from bot.core.order_list import Entry, key_at, read_order_list
from bot.core.phrases import counted
from bot.errors import OrderwatchError
from bot.loops.following import TERMINAL
from bot.model.moment import Moment, from_instant
from bot.model.outbox import Destination
from bot.model.talk import ChatWatch
from bot.model.view import Extent
from bot.ports import Views

_LARGEST = 16 * 1024 * 1024
"""Bytes of a file: half a million orders, more than anybody follows one by one."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True, dir_okay=False))
@click.option("--to", required=True, metavar="DESTINATION", help="Who is told when one of them changes.")
@click.option("--source", help="Where they are, if the file does not say and more than one source may know them.")
@common_options
def command(invocation: Invocation, file: Path, to: str, source: str | None) -> int:
    """Tell a destination when an order in FILE changes. FILE may be -, which is standard input.

    FILE has an order number a line, or is CSV with a column `number` (or `key`), and may have `source` and `name`, what
    you call it; `orders export` writes such files. A running bot begins within seconds. Lines that name no order are
    said, and keep nobody from following the others. The same file again changes nothing. Exit code 1 when a line was
    refused.
    """
    config = read_config(invocation)
    place = destination(config, to)
    try:
        entries = read_order_list(_read(file))
    except ValueError as error:
        raise OrderwatchError(f"{_shown(file)}: {error}; nothing was imported") from None
    if not entries:
        complain(f"{_shown(file)} names no order")
        return Exit.NOTHING
    done = asyncio.run(_follow(config, place, entries, source))
    _report(invocation, file, to, done)
    return Exit.FAILED if done.refused else Exit.DONE


@dataclass(slots=True)
class _Done:
    """What became of the lines."""

    new: int = 0
    known: int = 0
    """Orders that the destination was told of already."""
    repeated: int = 0
    """Lines that name an order of an earlier line."""
    refused: list[tuple[Entry, str]] = field(default_factory=list)


async def _follow(config: Config, place: Destination, entries: Sequence[Entry], source: str | None) -> _Done:
    done = _Done()
    async with beside_with(config) as (store, known):
        name, since = known.place(place.chat, place.address), from_instant(datetime.now(UTC))
        wanted: dict[tuple[str, str], ChatWatch] = {}
        for entry in entries:
            try:
                order = await _known(store, entry, source, known) or key_at(entry, known.key_of, source)
            except ValueError as error:
                done.refused.append((entry, str(error)))
                continue
            done.repeated += order in wanted
            wanted.setdefault(order, _watch(entry, order, name, place, since))
        # asked for together, they are written together
        news = await asyncio.gather(*(store.talks.watch(each, place.timezone) for each in wanted.values()))
        done.new, done.known = news.count(True), news.count(False)
    return done


async def _known(views: Views, entry: Entry, source: str | None, known: Catalogue) -> tuple[str, str] | None:
    """Source and key of the order, where the file does not say whose it is and one that is watched has that name.

    Raises ValueError where several have.
    """
    if entry.source:
        return None
    asked = [name for name in known.key_of if source in (None, name)]
    found = await views.seek(names_of(entry.written), [Extent(name, is_whole=True) for name in asked])
    orders = [each.snapshot.order for each in found]
    if len(orders) > 1:
        several = ", ".join(f"{order.number} at {order.source}" for order in orders)
        raise ValueError(f"may be any of {several}; write the number of one, and its source in a column `source`")
    return (orders[0].source, orders[0].key) if orders else None


def _watch(entry: Entry, order: tuple[str, str], name: str, place: Destination, since: Moment) -> ChatWatch:
    return ChatWatch(
        source=order[0],
        key=order[1],
        destination=name,
        written=entry.written,
        name=entry.name or None,
        chat=place.chat,
        person=TERMINAL,
        place=place.address,
        since=since,
    )


def _read(file: Path) -> str:
    """What a file says. Raises ValueError that says why it cannot be used."""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(_LARGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise ValueError(f"is larger than {_LARGEST // 1024 // 1024} MB; a whole account belongs into a watchlist")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text; in Excel choose `CSV UTF-8` when you save it") from None


def _report(invocation: Invocation, file: Path, to: str, done: _Done) -> None:
    refused = [{"line": entry.line, "written": entry.written, "why": why} for entry, why in done.refused]
    if invocation.json:
        say_json({"new": done.new, "known": done.known, "repeated": done.repeated, "refused": refused})
    else:
        new = f"{counted(done.new, 'order')} will be told to {to}" if done.new else "nothing new"
        others = (f"{done.known:,} were followed already", f"{counted(done.repeated, 'line')} repeated another")
        counts = (done.known, done.repeated)
        say("; ".join([new, *(words for words, count in zip(others, counts, strict=True) if count)]))
    for entry, why in done.refused:
        complain(f"{_shown(file)}:{entry.line}: {entry.written!r}: {why}")
    if refused:
        complain(f"{counted(len(refused), 'line')} refused")


def _shown(file: Path) -> str:
    return "standard input" if str(file) == "-" else str(file)
