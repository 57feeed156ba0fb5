"""What the loop over the outbox and a chat hand each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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


class Threads(StrEnum):
    """What a place can do with messages that belong together."""

    NONE = "none"
    """Every message stands for itself."""
    CARD = "card"
    """Replies stand under one message, which is kept current by editing it."""
    CHAIN = "chain"
    """Each message points back to the one it follows."""
