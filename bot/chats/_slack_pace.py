"""How fast Slack may be written to, by whoever writes with our token: alerts and answers share it."""

from collections.abc import Sequence

from bot.model.sending import Limit
from bot.model.units import RateValue

_PER_CHANNEL = RateValue(1, 1.0)
"""About one message a second per channel (docs: rate limits)."""
_PER_WORKSPACE = RateValue(200, 60.0)
"""Above the channels, "several hundred" messages a minute per workspace are allowed (docs: rate limits). The number is
not published and other apps of the workspace need some of it, so we take the least that can be called several."""
EDITS_PER_WORKSPACE = RateValue(50, 61.0)
"""chat.update is of tier 3, 50 a minute (docs: chat.update); a second is added because calls do not all take the same
time to arrive."""


def limits_of(channel: str) -> Sequence[Limit]:
    """A share of what the workspace is allowed, and one a second for the channel."""
    return (Limit("slack", _PER_WORKSPACE), Limit(f"slack:channel:{channel}", _PER_CHANNEL))
