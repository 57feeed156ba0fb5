"""The outbox: one message owed to one destination, and what became of it."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bot.model.change import Change, Severity
from bot.model.frozen import Frozen
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.quiet import QuietWindow
from bot.model.sending import Thread


class Destination(Frozen):
    """One place to tell: a chat and an address in it, under the name the config gives it."""

    name: str
    chat: str
    """Kind of chat: the file in `bot/chats/` that speaks it."""
    address: dict[str, Any] = {}
    """What the chat needs to find the place; validated by the chat's own Address model."""
    timezone: str = "UTC"
    """IANA zone in which readers there see times the chat cannot localise itself."""
    quiet: tuple[QuietWindow, ...] = ()
    """When nothing but urgent news is told there."""
    person: str | None = None
    """Whose private talk it is, where a watch in chat made it; None: a place of more than one, or of the config."""
    threads: bool = True
    """Whether news of one order hangs together there, if the chat can do that."""
    group_wait: timedelta = timedelta(0)
    """What happens to one order within it is told as one; zero: what each poll found is told by itself."""
    group_interval: timedelta = timedelta(0)
    """News waits this long for the company of other news, and comes as one message; zero: it does not wait."""
    storm: int | None = None
    """News of more orders than this, ready at once, comes as one summary; None: however many they are."""


class State(StrEnum):
    """Life of a notification. It ends as sent, muted, merged or dead; the rows always add up."""

    PENDING = "pending"
    SENDING = "sending"
    """Claimed: a send may be in flight. Found at start-up, it means the outcome is unclear."""
    SENT = "sent"
    MUTED = "muted"
    MERGED = "merged"
    DEAD = "dead"


class NewNotification(Frozen):
    """A notification as the plan asks for it, before storage gives it an id."""

    key: str
    """Unique and stable: the same news to the same destination has the same key, so it cannot be owed twice."""
    destination: str
    """Name of the destination in the config."""
    source: str | None = None
    order: str | None = None
    """Key of the order it is about; None for news about a source or a watchlist."""
    kinds: tuple[str, ...]
    """Kinds of change or notice told, in the order they are told."""
    route: str
    """Which route sent it here, in words an operator can find in watchlists.yaml."""
    message: Message
    created_at: Moment
    severity: Severity = Severity.NORMAL
    gather_until: Moment | None = None
    """News of the same order that comes until then is told with it; None: it waits for none."""
    not_before: Moment | None = None
    """Held until then, to be confirmed or because somebody wants it later; None: it may go at once."""
    held_for: str | None = None
    """What it is held with: once one of them goes, all that is held for the same goes with it."""
    muted: str | None = None
    """Why it is not sent, where its destination wants no news of the order now."""

    @property
    def only_order(self) -> str | None:
        """Key of the order that it is about, and about no other."""
        return self.order


class Shape(StrEnum):
    """How the news of several notifications is told as one."""

    ORDER = "order"
    """Of one order: from where to where, with the steps."""
    DIGEST = "digest"
    """Of several orders, whose news waited: each with what it came to."""
    STORM = "storm"
    """Of more orders than anybody wants single messages of: a line for each thing that happened, and to which."""


class Notification(NewNotification):
    """The outbox row. `not_before` is when it may be tried, or tried again."""

    id: int
    """Sorts by time of commit."""
    state: State = State.PENDING
    attempts: int = 0
    parts_sent: int = 0
    """How many parts of a split message have been accepted, in order."""
    first_try_at: Moment | None = None
    """Set before the first attempt: a chat that can be read back is read from here."""
    gathered: Shape | None = None
    """It tells the news of others too, those that are merged into it."""
    merged_into: int | None = None
    """Id of the notification that tells its news."""
    reason: str | None = None
    unclear: bool = False
    """The last attempt may have arrived although no answer said so."""

    @property
    def is_tried(self) -> bool:
        """Whether a send of it may have been begun."""
        return self.first_try_at is not None or self.attempts > 0 or self.parts_sent > 0

    @property
    def only_order(self) -> str | None:
        """Key of the order that it is about, and about no other."""
        return self.order if self.gathered in (None, Shape.ORDER) else None


class Move(Frozen):
    """A place for which the chat has another address since, such as a Telegram group that became a supergroup."""

    old: dict[str, Any]
    new: dict[str, Any]

    def before(self, place: Mapping[str, Any]) -> dict[str, Any] | None:
        """The old address of the place, or of a part of it; None where it is another place."""
        return {**place, **self.old} if self.new.items() <= place.items() else None


class Settlement(Frozen):
    """What became of one attempt: the columns of the row to write."""

    id: int
    state: State
    attempts: int
    parts_sent: int
    at: Moment
    not_before: Moment | None = None
    reason: str | None = None
    unclear: bool = False
    message_ids: tuple[str, ...] = ()
    """Ids the chat gave to the parts accepted in this attempt."""
    thread: Thread | None = None
    """Where the next message about the order goes, from now on."""
    moved: Move | None = None
    """The destination's new address, when the chat said that it has one."""
    notices: tuple[NewNotification, ...] = ()
    """News for operators, committed with the settlement."""


class WithChanges(Frozen):
    """A notification and the changes it tells, as they were found."""

    row: Notification
    changes: tuple[Change, ...] = ()
    """Empty for what is not about one order."""


class Gathering(Frozen):
    """Several notifications that become one, or none where an order is back where it began. Written before any send."""

    leader: int | None
    """Id of the one that tells it all; None: there is nothing left to tell."""
    merged: dict[int, str]
    """Id of each other one to the reason why it is not told by itself."""
    shape: Shape = Shape.ORDER
    kinds: tuple[str, ...] = ()
    route: str = ""
    severity: Severity = Severity.NORMAL
    message: Message | None = None
    """What the leader says from now on. Never None where there is a leader."""
    at: Moment
