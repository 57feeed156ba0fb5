"""Digests of the file: from what is written under `digests:` to what is made when, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from bot.config.pieces import Check
from bot.config.problems import Place, hint
from bot.config.quiet import ClockTime, Country, Days
from bot.config.written import Names, Written, Zone
from bot.core.digest_times import is_about_anything
from bot.model.digest import Digest
from bot.model.quiet import MINUTES_OF_DAY, Weekday
from bot.model.route import Route
from bot.model.watch import Watchlist


class DigestEntry(Written):
    """What waits, is late or moved, told at a fixed time of day."""

    to: Names
    """Name of a destination, or a list of names; a person is a destination too."""
    at: ClockTime = Field(default=450, json_schema_extra={"default": "07:30"})
    """Time of day, such as `07:30`."""
    every: Literal["day", "week"] = "day"
    """`week`: once, on the first of `days`, about seven days."""
    days: Days | None = None
    """Days on which it is made: `mon tue wed thu fri sat sun`; every day if left out, for a week on Monday."""
    timezone: Zone | None = None
    """IANA zone of the time and of `today`, where it is not that of the destination."""
    holidays: Country | None = None
    """Country on whose holidays none is made: `FR`, or a part of one: `DE-BY`."""
    sources: Names | None = None
    """Only orders of these sources. Without this and `watchlists`: of the watchlists whose news goes there."""
    watchlists: Names | None = None
    """Only orders of these watchlists, and of `sources`."""
    when_empty: bool = False
    """Whether it is sent also when nothing waits and nothing moved."""
    picture: bool = False
    """Whether a picture of the open orders by status and age goes along; needs `orderwatch[pictures]`."""


def read_digests(
    check: Check, written: Any, watchlists: Mapping[str, Watchlist], catch_all: Sequence[Route]
) -> tuple[Digest, ...]:
    """What stands under `digests:`; `watchlists` and `catch_all` say whose news goes where."""
    if written is not None and not isinstance(written, dict):
        check.complain(("digests",), "must be names with keys, such as morning: {to: ops}")
    entries = written.items() if isinstance(written, dict) else ()
    digests = tuple(digest for name, data in entries if (digest := _digest(check, str(name), data)))
    for digest in digests:
        for name in digest.to:
            if name in check.section("destinations") and not is_about_anything(digest, name, watchlists, catch_all):
                text = f"names '{name}', where no watchlist's news goes; say what it is about with `watchlists:`"
                check.complain(("digests", digest.name, "to"), text)
    return digests


def _digest(check: Check, name: str, data: Any) -> Digest | None:
    place: Place = ("digests", name)
    entry = check.model(DigestEntry, place, data if data is not None else {})
    if entry is None:
        return None
    for key, text in _complaints(entry, check):
        check.complain((*place, key), text)
    is_weekly = entry.every == "week"
    days = entry.days or ([Weekday.MON] if is_weekly else list(Weekday))
    return Digest(
        name=name,
        to=tuple(dict.fromkeys(entry.to)),
        at=entry.at,
        days=frozenset(days),
        is_weekly=is_weekly,
        timezone=entry.timezone,
        holidays=entry.holidays,
        sources=tuple(entry.sources or ()),
        watchlists=tuple(entry.watchlists or ()),
        when_empty=entry.when_empty,
        picture=entry.picture,
    )


def _complaints(entry: DigestEntry, check: Check) -> Iterator[tuple[str, str]]:
    """Key and what is wrong with it."""
    for key, section, names in (
        ("to", "destinations", entry.to),
        ("sources", "sources", entry.sources),
        ("watchlists", "watchlists", entry.watchlists),
    ):
        known = check.section(section)
        for name in names or ():
            if name not in known:
                yield key, f"there is no {section.removesuffix('s')} '{name}'{hint(name, known)}"
    if entry.at == MINUTES_OF_DAY:
        yield "at", 'is the end of a day; write "00:00" of the next'
    if entry.every == "week" and len(set(entry.days or ())) > 1:
        yield "days", "has several days; `every: week` is made on one"
