"""watchlists.yaml as the program uses it: read, checked as a whole, every name resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.config.alarms import AlarmsEntry, alarms_of
from bot.config.assertions import read_assertions
from bot.config.calendar import CalendarEntry
from bot.config.digests import read_digests
from bot.config.file import DestinationEntry, FileEntry, StoreEntry, located
from bot.config.pieces import Check
from bot.config.quiet import QuietHours
from bot.config.secrets import secret_values
from bot.config.text import Document
from bot.config.voices import voices_of
from bot.core.voices import Voices
from bot.errors import ConfigError, Problem
from bot.files import Files
from bot.model.access import Grant
from bot.model.alarm import Alarms
from bot.model.database import Database, Dsn
from bot.model.digest import Digest
from bot.model.outbox import Destination
from bot.model.quiet import QuietWindow
from bot.model.retention import Retention
from bot.model.route import Assertion, Route
from bot.model.watch import Confirmed, Watchlist
from bot.sources._settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Config:
    """A config without problems. Every name in it exists; `repr` shows no secret."""

    path: Path
    timezone: str
    database: Database
    sources: Mapping[str, SourceSettings]
    chats: Mapping[str, BaseModel]
    """Kind to its Settings; also those chats that a destination uses and that need none."""
    destinations: Mapping[str, Destination]
    watchlists: Mapping[str, Watchlist]
    notify: tuple[Route, ...]
    """The catch-all: the last of them matches everything."""
    assertions: tuple[Assertion, ...]
    """What `orderwatch check` holds the rules to."""
    operators: tuple[str, ...]
    """Names of destinations."""
    retention: Retention
    confirm: Mapping[Confirmed, timedelta]
    """How long a field has to last before it is told."""
    alarms: Alarms
    """What time alone makes news of, where no watchlist says otherwise."""
    access: tuple[Grant, ...]
    """Who may ask in chat."""
    calendar: CalendarEntry | None
    """Where promised dates are served."""
    digests: tuple[Digest, ...]
    """What is told at fixed times."""
    voices: Voices
    """In which words each destination is told."""
    secrets: frozenset[str] = field(repr=False)
    """Every secret value, so that logs can hide them."""
    lines: Mapping[str, int] = field(repr=False, compare=False)
    """Dotted key to its line in the file."""

    def problem(self, key: str, text: str) -> Problem:
        """A problem that only shows when the config is put to use, with its place in the file."""
        return Problem(str(self.path), self.lines.get(key), key, text)


def load(path: Path, environ: Mapping[str, str], files: Files | None = None) -> Config:
    """Read and check a config file. Raises ConfigError with every problem there is, none of them telling a secret.

    `files` comes to know every file that was read: this one, and those that hold secrets.
    """
    document = Document(path, environ, files)
    checked = Check(document)
    top = checked.model(FileEntry, (), document.data, rest=True)
    sources, chats = checked.sources(), checked.chats()
    destinations = checked.destinations(chats)
    rules = checked.rules(destinations)
    default = top.alarms if top else AlarmsEntry()
    zone = top.timezone if top else StoreEntry().timezone
    watchlists = checked.watchlists(sources, rules, lambda own: alarms_of(default, own, zone))
    notify = rules.catch_all(document.data.get("notify"), watchlists)
    assertions = _assertions(document, watchlists, environ)
    _escalations(document, checked, destinations)
    if top is not None:
        checked.names(("operators", "to"), top.operators.to, destinations)
    calendar = checked.calendar()
    quiet = QuietHours(document.data.get("quiet"), zone, checked.model, document.complaints)
    access = checked.access(chats, quiet)
    quiets = {name: quiet.of(("destinations", name, "quiet"), one.quiet) for name, (one, _) in destinations.items()}
    digests = read_digests(checked, document.data.get("digests"), watchlists, notify)
    entries = {name: entry for name, (entry, _) in destinations.items()}
    voices = voices_of(top, entries, sources, document)
    problems = document.complaints.problems()
    if top is None or problems:
        raise ConfigError(problems)
    zoned = {
        name: _placed(name, entry, address, top.timezone, quiets[name])
        for name, (entry, address) in destinations.items()
    }
    settings = (*sources.values(), *chats.values(), *([calendar] if calendar else []))
    secrets = frozenset(value for part in settings for value in secret_values(part))
    if isinstance(top.database, Dsn):
        secrets |= top.database.secrets
    return Config(
        path=path,
        timezone=top.timezone,
        database=located(top.database, path.parent),
        sources=sources,
        chats=chats,
        destinations=zoned,
        watchlists=watchlists,
        notify=notify,
        assertions=assertions,
        operators=tuple(dict.fromkeys(top.operators.to)),
        retention=Retention(raw=top.retention.raw, sent=top.retention.sent),
        confirm=top.confirm,
        alarms=alarms_of(top.alarms, None, zone),
        access=access,
        calendar=calendar,
        digests=digests,
        voices=voices,
        secrets=secrets,
        lines=document.complaints.lines(),
    )


def _placed(
    name: str, entry: DestinationEntry, address: dict[str, Any], timezone: str, quiet: tuple[QuietWindow, ...]
) -> Destination:
    return Destination(
        name=name,
        chat=entry.chat,
        address=address,
        timezone=entry.timezone or timezone,
        quiet=quiet,
        threads=entry.threads,
        group_wait=entry.group_wait,
        group_interval=entry.group_interval,
        storm=entry.storm or None,
    )


@dataclass(frozen=True, slots=True)
class Store:
    """Where the database is, the zone in which to show its times, and names of what is worked on with it."""

    database: Database
    timezone: str
    sources: frozenset[str]
    chats: frozenset[str]
    """Kinds."""


def locate(path: Path, environ: Mapping[str, str]) -> Store:
    """What reading the database needs of a config file. Neither tokens nor their variables have to be there.

    The names are as they are written, whether or not what stands under them is right.
    Raises ConfigError when the file cannot be read, or just these two values are wrong.
    """
    document = Document(path, environ)
    needed = {key: value for key, value in document.data.items() if key in StoreEntry.model_fields}
    entry = Check(document).model(StoreEntry, (), needed)
    problems = [one for one in document.complaints.problems() if one.key in StoreEntry.model_fields]
    if entry is None or problems:
        raise ConfigError(problems)
    sources, chats, destinations = (
        section if isinstance(section := document.data.get(key), dict) else {}
        for key in ("sources", "chats", "destinations")
    )
    spoken = [one.get("chat") for one in destinations.values() if isinstance(one, dict)]
    return Store(
        database=located(entry.database, path.parent),
        timezone=entry.timezone,
        sources=frozenset(sources),
        chats=frozenset(kind for kind in (*chats, *spoken) if isinstance(kind, str)),
    )


def _escalations(document: Document, checked: Check, destinations: Mapping[str, Any]) -> None:
    """Complain about destinations that do not exist, to which something is to be passed on."""
    watchlists = document.data.get("watchlists")
    written: dict[tuple[str, ...], Any] = {(): document.data}
    written |= {("watchlists", name): data for name, data in watchlists.items()} if isinstance(watchlists, dict) else {}
    for place, found in written.items():
        for key in ("alarms", "escalate", "to"):
            found = found.get(key) if isinstance(found, dict) else None
        names = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        texts = [name for name in names if isinstance(name, str)]
        checked.names((*place, "alarms", "escalate", "to"), texts, destinations)


def _assertions(
    document: Document, watchlists: Mapping[str, Watchlist], environ: Mapping[str, str]
) -> tuple[Assertion, ...]:
    """What the rules are held to: in the file itself, or in one that it names."""
    written, complaints, of = document.data.get("assert"), document.complaints, document
    if isinstance(written, str):
        path = document.path.parent / written
        try:
            of = Document(path, environ)
        except ConfigError as error:
            complaints.add(("assert",), f"{path} cannot be used: {error.problems[0].text.partition(';')[0]}")
            return ()
        for key in of.data.keys() - {"assert"}:
            of.complaints.add((key,), "is not a key here; such a file holds only `assert:`")
        written = of.data.get("assert", [])
    known = {}
    for what in ("watchlist", "source", "destination"):
        section = document.data.get(f"{what}s")
        known[what] = list(section) if isinstance(section, dict) else []
    source_of = {name: watchlist.source for name, watchlist in watchlists.items()}
    found = read_assertions(
        written, Check(of).model, of.complaints, file=str(of.path), source_of=source_of, known=known
    )
    if of is not document:
        complaints.take(of.complaints.problems())
    return found
