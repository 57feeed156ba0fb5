"""What a person writes into watchlists.yaml, piece by piece, apart from what sources and chats ask for themselves."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from bot.config.alarms import AlarmsEntry
from bot.config.language import Language
from bot.config.written import Name, Names, Written, Zone, list_of_one
from bot.model.access import Role
from bot.model.change import Kind
from bot.model.database import Database, Dsn, dsn, is_dsn
from bot.model.units import Duration
from bot.model.watch import Confirmed

_SHORTEST_RHYTHM = timedelta(seconds=1)
"""No source answers more than once a second for long, and none changes faster; it is there for trials."""

_LONGEST_WAIT = timedelta(days=7)
GROUP_WAIT = timedelta(seconds=5)
"""Long enough for what a listing and the details of an order tell one after the other, too short to be noticed."""


def _rhythm(value: timedelta) -> timedelta:
    if value < _SHORTEST_RHYTHM:
        raise ValueError("must be 1s or more: no source can be asked faster")
    return value


def _kept(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing, such as 90d")
    return value


def _wait(value: timedelta) -> timedelta:
    if not timedelta(0) <= value <= _LONGEST_WAIT:
        raise ValueError("must be from 0s to 7d: older news is no news")
    return value


def _id(value: str) -> str:
    if value[0] in "#@" or not value.isprintable() or " " in value:
        raise ValueError(f"{value!r} is a name; write the id, which `about` tells whoever asks it in chat")
    return value


def _all_or_numbers(value: Any) -> Any:
    if value == "all":
        return None
    if isinstance(value, list) and value:
        return value
    raise ValueError("must be `all`, or a list of order numbers such as [0045001234, 0045001299]")


def _distinct(values: list[str] | None) -> list[str] | None:
    if values is None:
        return None
    if not all(value.strip() for value in values):
        raise ValueError("holds an empty order number")
    return list(dict.fromkeys(value.strip() for value in values))


Rhythm = Annotated[Duration, AfterValidator(_rhythm)]
Wait = Annotated[Duration, AfterValidator(_wait)]
Kept = Annotated[Duration, AfterValidator(_kept)]
Id = Annotated[str, Field(min_length=1), AfterValidator(_id)]
_ANY_KIND = {"enum": [kind.value for kind in Kind]}
Kinds = Annotated[
    list[Kind],
    BeforeValidator(list_of_one),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_ANY_KIND, {"type": "array", "items": _ANY_KIND, "minItems": 1}]}),
]
Orders = Annotated[
    list[str] | None,
    BeforeValidator(_all_or_numbers),
    AfterValidator(_distinct),
    WithJsonSchema(
        {"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1}]}
    ),
]
Filters = Annotated[
    dict[str, str],
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}),
]


class WatchlistEntry(Written):
    """Which orders of a source are followed, how closely, and who is told."""

    source: Name
    """Name of a source."""
    orders: Orders
    """`all`, or a list of order numbers."""
    where: Filters = {}
    """With `orders: all`: filters that the source itself applies."""
    every: Rhythm = timedelta(minutes=15)
    """How often the listing, or each order where there is none, is looked at."""
    details: Rhythm = timedelta(hours=4)
    """How old the details of an open order may become when its row in the listing does not move."""
    confirm: dict[Confirmed, Wait] | None = None
    """How long a field has to last before it is told, in place of the file's own `confirm:`."""
    alarms: AlarmsEntry | None = None
    """When time alone makes news, where that is not as the file's own `alarms:` says."""
    notify: list[Any] = []
    """Rules, the first match wins; what none of them matches goes to the catch-all."""


class DestinationEntry(Written):
    """One place to tell. Beside these keys stands the address, as its chat wants it."""

    model_config = ConfigDict(extra="allow")

    chat: Name
    """Kind of chat."""
    timezone: Zone | None = None
    """IANA zone of the readers, where it is not that of the file."""
    language: Language | None = None
    """In which it is told, `en`, `fr`, `nl` or `de`, where it is not that of the file."""
    templates: Any = None
    """Kind of change to what its messages say here, before the `templates:` of the file."""
    quiet: Names | None = None
    """Name of quiet hours, or a list of names: what is not urgent waits until they are over."""
    threads: bool = True
    """Whether what happens to one order hangs together: replies under one message in a Slack channel, or each
    message a reply to the one before it in Telegram. Where a chat cannot do that, it means nothing."""
    group_wait: Wait = GROUP_WAIT
    """What happens to one order within it is one message; `0s`: what each look found is told by itself."""
    group_interval: Wait = timedelta(0)
    """How long news that is not urgent waits for company, to come as one message; `0s`: it does not."""
    storm: Annotated[int, Field(ge=0)] = 10
    """News of more orders than this at once is one summary; `0`: never."""


class OperatorsEntry(Written):
    """Who looks after the bot."""

    to: Names
    """Name of a destination, or a list of names."""


class GrantEntry(Written):
    """Somebody who may ask: a person, or a place and everybody in it."""

    person: Id | None = None
    """The chat's id of a person. Whoever is not let in is told theirs."""
    place: Id | None = None
    """The chat's id of a channel or group; everybody in it may ask there."""
    role: Role = Role.VIEWER
    """`viewer` asks, `watcher` also follows and mutes, `operator` also sees where everything was sent."""
    sources: Names | None = None
    """Whose orders they may see; every order if neither this nor `watchlists` is given."""
    watchlists: Names | None = None
    """Whose orders they may see, beside those of `sources`."""
    quiet: Names | None = None
    """Name of quiet hours, or a list of names, for what they follow from chat."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.person is None) == (self.place is None):
            raise ValueError("must name a person or a place, one of both")
        return self


class RetentionEntry(Written):
    """How long things are kept."""

    raw: Kept = timedelta(days=90)
    """Raw answers of the sources."""
    sent: Kept = timedelta(days=180)
    """Notifications that are settled."""


def database_of(written: object) -> Database:
    """What `database` says, or an option of a command. Raises ValueError, which does not show it."""
    if isinstance(written, Path | Dsn):
        return written
    if not isinstance(written, str) or not written:
        raise ValueError("must be text: a path, or postgresql://user:password@host/name")
    if is_dsn(written):
        return dsn(written)
    if "://" in written:
        raise ValueError("must be a path, or postgresql://user:password@host/name; there is no other kind of database")
    return Path(written)


DatabaseValue = Annotated[Database, PlainValidator(database_of), WithJsonSchema({"type": "string"})]


def located(database: Database, folder: Path) -> Database:
    """A database as it is meant in a file of that folder."""
    return folder / database.expanduser() if isinstance(database, Path) else database


class StoreEntry(Written):
    """What the file says about the database and how to read it."""

    timezone: Zone = "UTC"
    """IANA zone in which people see times."""
    database: DatabaseValue = Path("orderwatch.db")
    """SQLite file; a relative path starts at the folder of this file. Or postgresql://user:password@host/name."""


class FileEntry(StoreEntry):
    """The whole file. The pieces under the names are validated one by one, so that all problems come at once."""

    sources: dict[str, Any] = {}
    """Name to account at an order API."""
    chats: dict[str, Any] = {}
    """Kind of chat to its tokens."""
    destinations: dict[str, Any] = {}
    """Name to place."""
    watchlists: dict[str, Any] = {}
    """Name to orders and rules."""
    quiet: dict[str, Any] = {}
    """Name to quiet hours: one window of the week, or a list of them."""
    notify: list[Any]
    """the catch-all rules for what no watchlist routes, such as `notify: [{to: ops}]`"""
    assertions: Any = Field(default=None, alias="assert")
    """What `orderwatch check` holds the rules to: a list of `{given: ..., expect: ...}`, or a file with such a list."""
    operators: OperatorsEntry
    """who is told about failing sources and dead letters, such as `operators: {to: ops}`"""
    confirm: dict[Confirmed, Wait] = {}
    """How long `status`, `promise`, `tracking` or `lines` has to last before it is told; final states do not."""
    alarms: AlarmsEntry = AlarmsEntry()
    """When it is news that nothing happened: stuck, due today, overdue, not moving; and when orders are archived."""
    retention: RetentionEntry = RetentionEntry()
    """How long things are kept."""
    calendar: dict[str, Any] | None = None
    """Where promised dates are served to calendar programs; without it they are not."""
    language: Language = "en"
    """In which news and notices are told, `en`, `fr`, `nl` or `de`, where a destination says nothing else."""
    digests: dict[str, Any] = {}
    """Name to what is told at a fixed time of day: orders due, late, stuck and moved."""
    templates: Any = None
    """Kind of change to what its messages say, in words of your own; see the README for the variables."""
    access: dict[str, Any] = {}
    """Kind of chat to who may ask there; nobody may who is neither here nor came by an invite."""
