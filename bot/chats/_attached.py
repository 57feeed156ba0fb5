"""Files that go along with a message: the words beside them, and the name by which one is found again."""

from hashlib import blake2b
from pathlib import PurePath

from bot.chats._text import clean
from bot.model.message import Attachment

_LONGEST_CAPTION = 900
"""Characters. Telegram takes 1024 after parsing (Bot API: sendPhoto), Slack 1000 of what a file shows."""
_REPEATED = " (may be a repeat)"


def caption(file: Attachment, *, repeated: bool = False) -> str:
    """What stands beside a file: what it shows, on one line, never empty."""
    words = clean(file.alt).strip() or clean(file.name)
    if len(words) > _LONGEST_CAPTION:
        words = f"{words[:_LONGEST_CAPTION].rstrip()} …"
    return words + (_REPEATED if repeated else "")


def file_name(file: Attachment, key: str) -> str:
    """A name that tells the file sent with this key from all others: `open-orders-5f0c21aa.png`."""
    path = PurePath(clean(file.name).replace("/", "-"))
    return f"{path.stem}-{_tag(key)}{path.suffix}"


def is_named_for(name: str, key: str) -> bool:
    """Whether a file was sent with this key."""
    return PurePath(name).stem.endswith(f"-{_tag(key)}")


def _tag(key: str) -> str:
    return blake2b(key.encode(), digest_size=6).hexdigest()
