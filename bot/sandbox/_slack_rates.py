"""How often Slack lets an app call its methods (docs: rate limits)."""

from bot.sandbox._limits import Bucket, Window

_POSTS_PER_MINUTE = 300
"""Of a workspace: "several hundred"."""
_TIER_3_PER_MINUTE = 50
_TIER_3 = ("chat.update", "conversations.history", "conversations.replies")


class Rates:
    """What one app has used of its limits in one workspace. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}
        self._workspace = Window(_POSTS_PER_MINUTE, 60.0)
        self._tier_3 = {method: Window(_TIER_3_PER_MINUTE, 60.0) for method in _TIER_3}

    def of_post(self, channel: str, now: float) -> float:
        """0 if one more may be posted, which then is; else seconds to wait.

        About one a second per channel with a burst of three; the burst's size is not published.
        """
        bucket = self._buckets.setdefault(channel, Bucket(1.0, 3))
        return bucket.take(now) or self._workspace.take(now)

    def of_method(self, method: str, now: float) -> float:
        """The same for a call of a method that counts by itself."""
        return self._tier_3[method].take(now) if method in self._tier_3 else 0.0
