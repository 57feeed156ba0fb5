"""How fast Telegram may be written to, by whoever writes with our token: alerts and answers share it."""

from collections.abc import Sequence

from bot.model.sending import Limit
from bot.model.units import RateValue

_OVERALL = RateValue(25, 1.0)
"""About 30 a second over all chats (Bots FAQ); a few less, because messages do not all take the same time to arrive."""
_PER_CHAT = RateValue(1, 1.0)
"""Not more than one a second in a chat (Bots FAQ)."""
_PER_GROUP = RateValue(20, 61.0)
"""Not more than 20 a minute in a group (Bots FAQ); a second is added for the same reason."""


def limits_of(chat_id: int | str) -> Sequence[Limit]:
    """The limit over all chats, one a second for the chat, and 20 a minute if it is a group or may be one."""
    key = f"telegram:chat:{chat_id}"
    limits = [Limit("telegram", _OVERALL), Limit(key, _PER_CHAT)]
    if isinstance(chat_id, str) or chat_id < 0:
        limits.append(Limit(f"{key}:group", _PER_GROUP))
    return limits
