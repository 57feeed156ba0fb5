"""What a chat twin has accepted: the messages people would see now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.model.message import Attachment


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message a platform took and shows."""

    at: datetime
    chat: str
    """Kind of chat: `slack`, `telegram`."""
    place: str
    """The channel or chat (with its topic or thread) it stands in, as the twin writes it."""
    message_id: str
    text: str
    """As a person reads it: markup resolved, a link as `text (url)`."""
    payload: dict[str, Any]
    """As it was received."""
    key: str | None = None
    """What the sender tied to it to find it again, where the platform carries that."""
    under: str | None = None
    """Id of the message it answers, where it shows that."""
    aloud: bool = False
    """Whether an answer in a thread is also shown beside it, in the channel."""
    file: Attachment | None = None
    """The file it shows."""
    said: tuple[str, ...] = ()
    """What it said before it was edited, oldest first."""
