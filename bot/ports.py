"""The promises between the thinking and the hands: written here once, and tests/contracts holds every hand to them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.budget import Budget
from bot.care import Care
from bot.digestbook import DigestBook
from bot.model.access import Grant, Invite
from bot.model.command import Button, Question, Reply
from bot.model.memory import Memory
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.order import Order, Snapshot, Stage
from bot.model.outbox import Destination, Move, Notification, State
from bot.model.poll import Health, KnownPages, Listing, Looked, OrderState, Page, Payload, PollRecord, Scope
from bot.model.retention import Retention
from bot.model.sending import Limit, Part, Threads
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.model.view import ChangeRow, Extent, Found, OrderRow, Selected, Selection, Told
from bot.outbox import Outbox
from bot.past import Tables
from bot.timebook import TimeBook


class Clock(Protocol):
    """Time, so that tests and simulations can hold it."""

    def now(self) -> datetime:
        """The present, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump, from an arbitrary start."""

    async def sleep(self, seconds: float) -> None:
        """Let that much of this clock's time pass. Zero or less only yields to other tasks."""


class Source(Protocol):
    """One account at one order API.

    Every method that asks the source stays within its budget and raises a SourceError, and nothing else: which
    source, what was asked and what came, without secrets. Parsing never asks anything. Methods may run concurrently.
    """

    @property
    def name(self) -> str:
        """Its name in the config."""

    @property
    def label(self) -> str:
        """What people are shown: `panels (Schneider Electric)`."""

    @property
    def listing(self) -> Listing:
        """What its listing is worth."""

    def key_of(self, written: str) -> str:
        """The key of an order as a person writes it. Raises ValueError that says how to write it."""

    @property
    def budget(self) -> Budget:
        """What its requests are counted against."""

    def narrowed(self, scope: Scope, since: datetime) -> Scope | None:
        """The listing of updates since then, in which absence means nothing; None where it cannot be narrowed so."""

    def pages(self, scope: Scope, known: KnownPages) -> AsyncGenerator[Page]:
        """Sweep a listing, page by page. Whoever stops before the end closes it.

        Ends normally only when the sweep was complete; a page that fails raises and ends it. An order that shifts
        between pages may come twice, in one page too. A page whose bytes equal the known one of its number comes with
        `listed` None.
        """

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        """Everything the source says about one order. Urgent requests go ahead of waiting routine ones.

        An answer whose digest is `known` has been judged before and comes back unread.
        Raises OrderNotFound only when the source itself says that there is no such order.
        """

    def parse(self, key: str, payload: Payload) -> Order:
        """A payload as an Order of depth FULL. Pure. Raises AnswerUnreadable.

        Whatever carries the same meaning gives equal orders: array order, blanks, case of codes, number as text,
        an instant written differently, null, missing or empty.
        """

    async def close(self) -> None:
        """Release connections. Idempotent."""


class Chat(Protocol):
    """A way to tell people. Sends raise a ChatError, and nothing else; its class is the verdict."""

    @property
    def kind(self) -> str:
        """`slack`, `telegram`, `console`."""

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """The rates the platform allows for a send there, that of the whole chat first. Their source is in the code."""

    def edit_limits(self, destination: Destination) -> Sequence[Limit]:
        """The same for an edit there."""

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        """The parts that say `message`: at least one, each within the platform's limits, split between lines.

        Pure and deterministic. Everything in the message is escaped: it cannot ping, forge a link or break markup.
        `repeated` marks it as a possible repeat, in words. `buttons` stand under the last of the words, where the chat
        has buttons; the parts are the same with and without them. A file that goes along is a part of its own, the
        last.
        """

    def threads(self, destination: Destination) -> Threads:
        """How messages about one thing can hang together at this destination."""

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        """Send one part, once, and return the chat's id of it. `key` goes along where the platform can carry it.
        `under` is the id of the message it answers; `aloud` also shows the answer where everybody looks. Without
        threads both mean nothing. Raises MessageGone where the platform says that there is nothing to answer; where it
        does not, the part is taken and answers nothing.
        Refused markup is sent again as plain text before MessageRefused is raised, and for a refused file its words
        are sent. Retries nothing that is unclear.
        """

    async def edit(self, message_id: str, part: Part, destination: Destination) -> None:
        """Let a message of ours say `part`. Raises MessageGone, and never SendUnclear: it may always be repeated."""

    async def find(self, destination: Destination, *, key: str, since: Moment, under: str | None = None) -> str | None:
        """The id of the message sent with `key` (and `under`) since then; None: it is surely not there.

        A file may be taken and only be there some seconds later.
        Raises CannotLookBack.
        """

    async def check(self) -> str:
        """Ask the chat whether it takes our token. Returns who we are there, in words. Raises ChatError."""

    async def close(self) -> None:
        """Release connections. Idempotent."""


class Askable(Protocol):
    """What can be asked about a source now, whoever polls it."""

    async def check(self, key: str) -> Looked:
        """Look at an order now, within the budget and ahead of routine looks; some seconds at most. Never raises for
        what the source does.
        """

    def looked_at(self, key: str) -> Moment | None:
        """When the source last answered about an order by itself, as far as this process knows."""

    def next_look(self, key: str) -> Moment | None:
        """When an order is due to be looked at by itself, as far as this process knows."""


class Desk(Protocol):
    """Where questions are answered, whichever chat they come from."""

    async def answer(self, question: Question, noted: asyncio.Event | None = None) -> Reply | None:
        """The answer, from the store, within 100 ms but for `check`; None when this question was answered before.

        `noted` is set as soon as the question survives a crash: until `told`, it is one of the `unanswered` then.
        Never raises for what a person wrote or may not see: that is an answer too. Raises StorageError.
        """

    async def told(self, question: Question) -> None:
        """Who asked was told the answer, or will never be: it is over. Raises StorageError."""

    async def unanswered(self, chat: str) -> Sequence[Question]:
        """Young questions of a chat that an earlier process had noted and told nobody an answer to; given out once.

        Codes, and what would make something public, are not among them. Raises StorageError.
        """


class Ear(Protocol):
    """The part of a chat that listens. Reconnects by itself; acknowledges first, then asks the desk, then answers."""

    async def listen(self, desk: Desk, stop: asyncio.Event) -> None:
        """Bring questions to the desk and answers back until `stop` is set.

        Raises ChatRefused when the chat will not let us listen (a wrong token, a second listener).
        """


class Views(Tables, Protocol):
    """What people ask the store. Reads never wait for the writer and never write."""

    async def orders(
        self,
        *,
        source: str | None = None,
        stage: Stage | None = None,
        limit: int = 100,
        offset: int = 0,
        archived: bool = False,
    ) -> Sequence[OrderRow]:
        """Watched orders that are on the lists, or those that were `archived`; last changed first."""

    async def count_orders(
        self, *, source: str | None = None, stage: Stage | None = None, archived: bool = False
    ) -> int:
        """How many watched orders there are, as `orders` shows them."""

    async def find_orders(self, text: str) -> Sequence[Snapshot]:
        """Orders whose number, key, purchase-order number or a tracking number is `text`.

        Case, blanks and zeros in front do not matter.
        """

    async def seek(self, names: Sequence[str], extents: Sequence[Extent]) -> Sequence[Found]:
        """Orders within `extents` that have one of these names, those of the first name that any has."""

    async def select(self, selection: Selection, *, limit: int, offset: int = 0) -> Selected:
        """Orders that are wanted, a page of them. None that is archived is among them."""

    async def told(self, source: str, key: str, *, limit: int = 20) -> Sequence[Told]:
        """Notifications about one order, newest first."""

    async def history(self, source: str, key: str, *, limit: int = 200, offset: int = 0) -> Sequence[ChangeRow]:
        """Changes of one order, newest first."""

    async def payload(self, source: str, key: str, seq: int) -> Payload | None:
        """The raw payload of one version; None when there was none or retention dropped it."""

    async def notifications(
        self, *, after_id: int = 0, states: Sequence[State] = (), limit: int = 100
    ) -> Sequence[Notification]:
        """Outbox rows by id."""

    async def notification(self, key: str) -> Notification | None:
        """The notification with this key; None if there is none, or not any more."""

    async def notification_behind(self, destination: str, message_id: str) -> Notification | None:
        """The notification whose message in a destination has this id, or the last one under that card; None: none."""

    async def counts(self) -> Mapping[str, int]:
        """How many `orders`, `snapshots`, `changes`, and notifications by state (`sent`, `dead`, ...) there are."""

    async def healths(self) -> Sequence[Health]:
        """Every source's health."""

    async def beats(self) -> Mapping[str, Moment]:
        """Loop name to its last sign of life."""

    async def addresses(self) -> Mapping[str, Move]:
        """Destination name to its address as it was and as the chat has it since, where that is another."""


class Talks(Care, Protocol):
    """What people set up by talking. Every write is one transaction. Raises a StorageError that says what to do."""

    async def begin(self, entry: AuditEntry) -> bool:
        """Note a question before it is answered. False: that very question was noted before, and nothing is done."""

    async def told(self, chat: str, question: str) -> None:
        """Note that nobody waits for the answer to a question any more."""

    async def reopen(self, chat: str, since: Moment) -> Sequence[Question]:
        """Questions noted since then for whose answer somebody waits. Each may begin once more, and waits no more."""

    async def shown_under(self, entry: AuditEntry) -> str | None:
        """What was asked by the last button that was answered under the same message; None if none was."""

    async def finish(self, entry: AuditEntry, outcome: str, buttons: Mapping[str, str]) -> None:
        """Note how a question ended, and what the buttons under its answer ask: key to text."""

    async def button(self, key: str) -> str | None:
        """What a button asks; None for one nobody knows any more."""

    async def watch(self, watch: ChatWatch, timezone: str) -> bool:
        """Follow an order, and remember its place and zone. False: it was followed there already; its name is new."""

    async def unwatch(self, source: str, key: str, destination: str) -> bool:
        """Follow it no more. False: it was not followed there."""

    async def watches(self) -> Sequence[ChatWatch]:
        """Everything followed from chat."""

    async def mute(self, mute: Mute) -> None:
        """Mute news, in place of an earlier mute of the same order, watchlist, kind and destination."""

    async def unmute(self, about: About) -> bool:
        """End the mute of just that order, watchlist, kind and destination. False: there was none."""

    async def mutes(self, now: Moment) -> Sequence[Mute]:
        """Mutes that have not ended."""

    async def place(self, name: str) -> Destination | None:
        """The destination that a chat watch made; None if no watch did."""

    async def invite(self, invite: Invite) -> None:
        """Keep an invite."""

    async def redeem(self, code_hash: str, member: Grant, at: Moment) -> Grant | None:
        """Use an invite, once: the grant it gives to that person or place. None: there is no such valid invite."""

    async def members(self) -> Sequence[Grant]:
        """Everybody who came in by an invite."""

    async def dismiss(self, chat: str, id_: str) -> bool:
        """Let a person or place that came in by an invite go. False: there is none with that id."""


class Storage(Views, Outbox, Protocol):
    """The store. One writer; every write is one transaction that either happened or did not, also under kill -9.

    Raises a StorageError that says what to do. Moments are UTC. After close, nothing works but close.
    One that belongs to a lease raises LeaseLost from every write, and writes nothing, as soon as another may hold it.
    """

    @property
    def talks(self) -> Talks:
        """What people set up by talking to the bot."""

    @property
    def digests(self) -> DigestBook:
        """What digests need."""
        ...

    @property
    def time(self) -> TimeBook:
        """What time needs to make news."""

    @property
    def went_back(self) -> asyncio.Event:
        """Set when the database turns out to be older than what was written to it: what is remembered is not so."""
        ...

    async def open(self) -> None:
        """Take the lock, migrate (after copying the file), and be ready. Raises StorageLocked, SchemaTooNew."""

    async def close(self) -> None:
        """Finish what was started and let go of the lock. Idempotent."""

    async def load(self, source: str, *, key: str | None = None) -> Sequence[OrderState]:
        """The state of every order of a source ever seen, for the poller's memory; or only of that one, if it was."""

    def load_in_parts(self, source: str) -> AsyncGenerator[Sequence[OrderState]]:
        """The same of every order, some thousand at a time, each part as it stands when it is read.

        An order that changes meanwhile may come as it was or as it is; none is left out.
        """

    async def snapshots(self, source: str, keys: Sequence[str]) -> Mapping[str, Snapshot]:
        """The last snapshot of those of `keys` that have one."""

    async def memories(self, source: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What is remembered of those of `keys` of which anything is."""

    async def had_version(self, source: str, key: str, digest: str) -> bool:
        """Whether an order has had a version with this digest, the last one or an earlier one."""

    async def read_stages_again(self, source: str, statuses: Mapping[str, Stage]) -> int:
        """Give stored orders the stages that the operator's table of status words says, and tell nobody.

        Words are looked up by code, then by text, whatever their case; what is not in the table stays as it is. The
        same table again costs nothing. Other writes come in between. Returns how many orders became others.
        """
        ...

    async def commit(self, record: PollRecord) -> None:
        """Write a record whole, or not at all. Concurrent commits may share a transaction.
        A notification whose key is already there is left as it is. Raises StaleRecord when an update's
        expected_seq is not the stored one.
        """

    async def health(self, source: str) -> Health:
        """The stored health of a source; a fresh one if there is none."""

    async def known_words(self, source: str) -> frozenset[str]:
        """Status words of this source that operators have been told of."""

    async def swept_scopes(self, source: str) -> frozenset[str]:
        """Ids of the scopes that have had a complete sweep."""

    async def baselines(self) -> Mapping[str, int]:
        """Watchlist to the number of orders its summary spoke of."""

    async def beat(self, alive: Sequence[str], at: Moment, silent: Sequence[str] = ()) -> None:
        """Note which loops give a sign of life; of `silent` ones the last stands, and others there are no more.

        Without any, nobody runs.
        """

    async def tidy(self, now: Moment, retention: Retention) -> Mapping[str, int]:
        """Drop what retention no longer wants, in small transactions. Returns how much of what was dropped."""
