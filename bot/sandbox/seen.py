"""What one person sees when they ask a bot something, on a chat twin."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PATIENCE = 5.0
"""Seconds a person waits for an answer, of real time: it comes over real sockets."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as it was shown, or shown anew."""

    at: datetime
    place: str
    message_id: str
    text: str
    """Without markup, links as `text (url)`."""
    person: str | None = None
    """Who alone sees it; None: everybody in the place."""
    thread: str | None = None
    buttons: dict[str, str] = field(default_factory=dict)
    """Label to key."""
    replaces: bool = False
    """Whether it took the place of what the message said before."""
    payload: dict[str, Any] = field(default_factory=dict)
    """As it was received."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one thing said or pressed."""

    ack_ms: float | None
    """How long the acknowledgement took; None: none came in time, and the person sees an error."""
    seen: tuple[Seen, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(one.text for one in self.seen)
