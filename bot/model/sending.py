"""What the loop over the outbox and a chat hand each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.model.frozen import Frozen
from bot.model.message import Attachment
from bot.model.moment import Moment
from bot.model.units import RateValue


@dataclass(frozen=True, slots=True)
class Limit:
    """One rate a send must keep. Sends that share `key` share the limit."""

    key: str
    rate: RateValue


@dataclass(frozen=True, slots=True)
class Part:
    """One chat message, ready to be sent: `rich` is in the chat's own form, `plain` says the same without markup."""

    plain: str
    rich: Mapping[str, Any]
    file: Attachment | None = None
    """Sent with these words; where the chat does not take it, the words are sent alone, and say so."""


class Thread(Frozen):
    """Where the next message about an order goes at a destination."""

    destination: str
    source: str
    order: str
    place: str
    """The address it is in, as JSON: at another one its messages mean nothing."""
    message_id: str
    """What the next message answers: the card of the order, or the message before."""
    says: str = ""
    """Digest of what the card says; empty where it is not known, or where there is no card."""
    told_at: Moment
    """When it was last added to."""


class Threads(StrEnum):
    """What a place can do with messages that belong together."""

    NONE = "none"
    """Every message stands for itself."""
    CARD = "card"
    """Replies stand under one message, which is kept current by editing it."""
    CHAIN = "chain"
    """Each message points back to the one it follows."""
