"""Every error of the house. Each says what happened, to whom, and what to do next; none ever holds a secret.

OrderwatchError
├── ConfigError                watchlists.yaml cannot be used; carries every problem at once
├── SourceError                a source did not answer as it should
│   ├── SourceUnreachable        no answer: name, connection, TLS, time-out
│   ├── SourceBusy               it asked us to wait (429, 503)
│   ├── SourceBroken             it failed by itself (5xx)
│   ├── SourceRefused            it does not accept the credentials (401, 403)
│   ├── AnswerUnreadable         it answered something that is not what was asked for
│   └── OrderNotFound            it knows no such order
├── ChatError                  a chat did not take a message
│   ├── ChatBusy                 wait `retry_after`, then the same again
│   ├── ChatUnreachable          surely not sent: nothing was transmitted
│   ├── SendUnclear              may have arrived: the answer was lost
│   ├── MessageRefused           this message will never be taken
│   ├── Stumbled                 we ourselves cannot say this message
│   ├── MessageGone              the message to edit or to answer is not there any more
│   ├── DestinationBroken        this destination takes nothing
│   ├── DestinationMoved         this destination has a new address
│   ├── ChatRefused              nothing is taken with this token
│   └── CannotLookBack           what was sent cannot be read back
└── StorageError               the database cannot be used
    ├── StorageLocked            another process holds it
    ├── SchemaTooNew             a newer program wrote it
    └── StaleRecord              a record was planned against a version that is no longer the last
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class OrderwatchError(Exception):
    """Base of all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a config file, with the place a person looks at."""

    file: str
    line: int | None
    key: str
    """Dotted path, such as `watchlists.plant-3 panels.every`."""
    text: str
    """What is wrong and, where one is near, the valid word that was probably meant."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.text}" if self.key else f"{place}: {self.text}"


class ConfigError(OrderwatchError):
    """watchlists.yaml cannot be used. `problems` holds all of them, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SourceError(OrderwatchError):
    """A source did not answer as it should.

    `source` is its name in the config, `asked` the request without secrets (`GET /orders/FR/123`),
    `came` what was received in short. `retry_after` is in seconds, where the source said so.
    """

    what = "failed"

    def __init__(self, source: str, asked: str, came: str, *, retry_after: float | None = None) -> None:
        self.source = source
        self.asked = asked
        self.came = came
        self.retry_after = retry_after
        super().__init__(f"{source} {self.what}: asked {asked}, {came}")


class SourceUnreachable(SourceError):
    """No answer came: the name did not resolve, the connection or TLS failed, or time ran out."""

    what = "cannot be reached"


class SourceBusy(SourceError):
    """The source asked us to come back later."""

    what = "asks us to wait"


class SourceBroken(SourceError):
    """The source failed by itself."""

    what = "is failing"


class SourceRefused(SourceError):
    """The source does not accept the credentials, or does not let them do this."""

    what = "refused the credentials"


class AnswerUnreadable(SourceError):
    """An answer came that is not what was asked for: HTML, cut, too large, a shape nobody knows."""

    what = "gave an unusable answer"


class OrderNotFound(SourceError):
    """The source knows no such order."""

    what = "has no such order"


class ChatError(OrderwatchError):
    """A chat did not take a message. `chat` is its kind; `came` the chat's own words, without secrets."""

    def __init__(self, chat: str, came: str) -> None:
        self.chat = chat
        self.came = came
        super().__init__(f"{chat}: {came}")


class ChatBusy(ChatError):
    """The chat asked for a wait of `retry_after` seconds. Nothing was sent.

    `whole_chat` tells whether every destination of the chat has to wait or only this one.
    """

    def __init__(self, chat: str, came: str, retry_after: float, *, whole_chat: bool = False) -> None:
        super().__init__(chat, came)
        self.retry_after = retry_after
        self.whole_chat = whole_chat


class ChatUnreachable(ChatError):
    """The request surely did not go out; the same send may be repeated."""


class SendUnclear(ChatError):
    """The message may have arrived: the answer was lost, late, or a server error."""


class MessageRefused(ChatError):
    """This message will never be taken, not even as plain text; others may be."""


class Stumbled(ChatError):
    """A defect of ours that this message brought up; others may be sent."""


class MessageGone(ChatError):
    """The message that was to be edited or answered is not there any more, or takes no replies. Nothing was sent.

    Forget it and start anew.
    """


class DestinationBroken(ChatError):
    """This destination takes nothing: gone, archived, the bot was removed or blocked."""


class DestinationMoved(ChatError):
    """This destination lives on under `address`. Nothing was sent."""

    def __init__(self, chat: str, came: str, address: dict[str, Any]) -> None:
        super().__init__(chat, came)
        self.address = address


class ChatRefused(ChatError):
    """The chat accepts nothing at all with this token."""


class CannotLookBack(ChatError):
    """Whether a message arrived cannot be found out here."""


class StorageError(OrderwatchError):
    """The database cannot be used."""


class StorageUnreachable(StorageError):
    """The database cannot be reached or takes nothing at the moment. That may pass: wait, and try again."""


class StorageLocked(StorageError):
    """Another process works on this database."""


class SchemaTooNew(StorageError):
    """The database was written by a newer program."""


class LeaseLost(StorageError):
    """What was to be written belongs to a lease that is another worker's by now. Nothing of it was written; stop."""


class StaleRecord(StorageError):
    """A record was planned against a version of an order that is no longer the stored one. Plan again."""
