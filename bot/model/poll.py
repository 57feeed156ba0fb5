"""What the poller holds, reads and writes: an order between polls, the answers of a source, the record to commit.

These are plain slotted classes, not pydantic models: there is one OrderState in memory for every watched order, and
what they hold has been validated where it came in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from bot.model.change import Change
from bot.model.exception import OrderException
from bot.model.memory import Memory
from bot.model.moment import Moment
from bot.model.order import Depth, Order, Snapshot, Stage
from bot.model.outbox import NewNotification


def raw_digest(body: bytes) -> bytes:
    """12 bytes that stand for the bytes of an answer: equal means there is nothing to parse."""
    return blake2b(body, digest_size=12).digest()


@dataclass(frozen=True, slots=True)
class Scope:
    """One listing to sweep: the whole account, or what the source itself narrows it to."""

    where: tuple[tuple[str, str], ...] = ()
    """Filters as written under `where:`, sorted by name."""

    @property
    def id(self) -> str:
        """Stable text; `*` is the whole account."""
        return "&".join(f"{name}={value}" for name, value in self.where) or "*"


class Listing(StrEnum):
    """What a source's listing is worth."""

    NONE = "none"
    HINTS = "hints"
    """It shows which orders moved; absence means nothing and its rows are no snapshots."""
    COMPLETE = "complete"
    """It shows every order of the scope; absence from a complete sweep means something."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a listing."""

    key: str
    digest: bytes
    """Of the row: equal to the last one means the order did not move."""
    order: Order | None = None
    """The row read as an order of depth HEADER; None where the row is only a hint."""
    row: bytes = b""
    """The row's own bytes, kept as proof of a first sight."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a sweep."""

    number: int
    digest: bytes
    keys: tuple[str, ...]
    listed: tuple[Listed, ...] | None
    """None: the page's bytes are the ones the KnownPage stands for."""
    is_last: bool


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What is remembered of a page whose orders have all been dealt with."""

    digest: bytes
    keys: tuple[str, ...]
    is_last: bool


KnownPages = Mapping[int, KnownPage]
"""By page number."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Everything one source said about one order, as bytes. Kept with the snapshot as proof."""

    body: bytes
    media_type: str = "application/json"
    _digest: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def digest(self) -> bytes:
        """raw_digest of the body, computed once."""
        if not self._digest:
            self._digest.append(raw_digest(self.body))
        return self._digest[0]


Kind = tuple[Stage, int]
"""Orders that are taken to change alike: their stage, and how near the promised day is, in steps."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a source has shown of when its orders change. What is long ago counts less."""

    changes: Mapping[Kind, float]
    """Seen, by kind of order."""
    seconds: Mapping[Kind, float]
    """That orders of a kind were followed, each for itself."""
    hours: Sequence[float]
    """Changes by hour of the week, from Monday's midnight where the source's people work."""


@dataclass(slots=True)
class OrderState:
    """What the poller remembers of one watched order between polls. Mutable, and small: see tests/benchmarks."""

    key: str
    seq: int = 0
    """Version of the last snapshot; 0: never seen."""
    stage: Stage = Stage.UNKNOWN
    depth: Depth = Depth.HEADER
    raw_digest: bytes | None = None
    """Of the last Payload."""
    list_digest: bytes | None = None
    """Of the last Listed row whose news is in the store."""
    missing: int = 0
    """How many complete sweeps, or look-ups, in a row did not find it."""
    vanished: bool = False
    scopes: tuple[str, ...] = ()
    """Ids of the scopes whose listing showed it."""
    next_poll_at: Moment | None = None
    failures: int = 0
    """Answers in a row about this order that could not be used. Not stored."""
    doubt: str | None = None
    """Digest of an answer that went back on what was known; believed once a second look says the same."""
    due: Moment | None = None
    """The next delivery promised."""
    kind: Kind | None = None
    """What the schedule takes it to be like; None: it is not looked at by itself. So looked_at. Not stored."""
    looked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How a source is doing. Stored, so that a restart neither forgets an outage nor tells of it twice."""

    source: str
    failures: int = 0
    """Failed requests in a row."""
    successes: int = 0
    """Successful requests in a row since the outage was told."""
    failing_since: Moment | None = None
    told: bool = False
    reason: str | None = None
    last_ok_at: Moment | None = None
    retry_at: Moment | None = None
    stale_answers: int = 0
    """Answers ignored because the source had shown a newer version before."""
    unreachable: bool = False
    """Whether the last request failed because no answer came at all."""
    together: bool = False
    """Whether its outage was told as that of everything: our own network."""
    answering_since: Moment | None = None
    """When an outage that was told ended. Its end is told once what was missed has been looked at."""
    caught_up: bool = False
    """Whether everything that was missed has been looked at since."""
    found: int = 0
    """Changes found since the outage was told."""
    spent_limit: str | None = None
    """The rate of its budget, such as `200/day`, that is spent; None: what the source itself allows, as it said."""
    spent_until: Moment | None = None
    """Until when that lets everybody wait; None: nothing is spent for long."""

    @property
    def is_blind(self) -> bool:
        """Whether silence of its orders means nothing now: it does not answer, or was not seen whole since it did."""
        return self.told or self.failures > 0

    @property
    def is_catching_up(self) -> bool:
        """Whether it answers again, and what was missed is still being looked at."""
        return self.answering_since is not None and not self.caught_up


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """What one poll writes about one order."""

    key: str
    expected_seq: int
    """The version this was planned against. Storage refuses the record if the stored one differs."""
    snapshot: Snapshot | None = None
    """A new distinct version, with seq = expected_seq + 1; None: only the state below moved."""
    payload: Payload | None = None
    changes: tuple[Change, ...] = ()
    raw_digest: bytes | None = None
    """None: as it was. So for list_digest."""
    list_digest: bytes | None = None
    missing: int = 0
    vanished: bool = False
    scopes: tuple[str, ...] = ()
    next_poll_at: Moment | None = None
    doubt: str | None = None
    memory: Memory | None = None
    """None: it stays as it was, and so does the next alarm."""
    alarm_at: Moment | None = None
    """When time alone may make news of the order; None: never. An instant. Written together with `memory`."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A watchlist whose first look is complete and has been summed up."""

    watchlist: str
    orders: int
    at: Moment


@dataclass(frozen=True, slots=True)
class PollRecord:
    """Everything one poll writes, in one transaction. core/plan makes it, storage commits it, nobody else judges."""

    source: str
    at: Moment
    updates: tuple[OrderUpdate, ...] = ()
    notifications: tuple[NewNotification, ...] = ()
    healths: tuple[Health, ...] = ()
    """Of this source, and of others whose outage is told with its own."""
    words: tuple[str, ...] = ()
    """Status words of this source seen for the first time."""
    baselines: tuple[Baseline, ...] = ()
    swept: Mapping[str, Moment] = field(default_factory=dict)
    """Scope id to the time of its first complete sweep."""
    looked_at: tuple[OrderException, ...] = ()
    """What waits for somebody, as it stands after it was looked at. What is over or acknowledged stays so."""
    ended_mutes: tuple[int, ...] = ()
    """Ids of mutes that these changes end."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        found = (self.updates, self.notifications, self.healths, self.words, self.baselines, self.swept, self.looked_at)
        return not any(found)


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at an order at once."""

    is_asked: bool = False
    """Whether the source was asked; if not, it may be from `possible_at` on."""
    is_answered: bool = False
    """Whether the answer has been taken in; that there is no such order is an answer too."""
    reason: str | None = None
    """Why there is no answer."""
    possible_at: Moment | None = None
    is_budget_spent: bool = False
    """Whether it is our own budget that does not allow to ask."""
