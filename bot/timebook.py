"""The promise of what lets time make news: whose alarm is due, and how long orders stay where."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.model.moment import Moment
from bot.model.poll import Lessons
from bot.model.stay import Move, Stay


class TimeBook(Protocol):
    """What time needs to make news. Raises a StorageError that says what to do."""

    async def due(self, source: str, now: Moment, *, limit: int) -> Sequence[str]:
        """Keys of the orders whose `alarm_at` is not after `now`, the longest due first."""

    async def calling(self, sources: Sequence[str], now: Moment) -> frozenset[str]:
        """Those of these sources of which anything is due: an alarm, or what waits for somebody and is to be looked at.

        Asked for all at once, so that sources where nothing is due cost nearly nothing. One that never answered, of
        which nothing is known, calls for nothing.
        """
        ...

    async def postpone(self, source: str, keys: Sequence[str], until: Moment) -> None:
        """Let the alarms of these orders be due then."""

    async def wake(self, source: str, at: Moment) -> None:
        """Let every alarm of a source that comes later be due at `at`; other writes come in between."""

    async def is_set_by(self, source: str, settings: str) -> bool:
        """Whether the alarms of a source were set by these settings, as `note_settings` was told."""
        ...

    async def note_settings(self, source: str, settings: str) -> None:
        """Remember by which settings they are set from now on."""

    async def moves(self, source: str, *, limit: int) -> Sequence[Move]:
        """The last moves of orders of a source into a status, oldest first."""

    async def spent(self, source: str) -> Sequence[tuple[Moment, int]]:
        """How many requests count as spent of a source's budget of hours or a day, and when the last of them was."""

    async def keep_spent(self, source: str, spent: Sequence[tuple[Moment, int]]) -> None:
        """Remember it, in place of what was known."""

    async def lessons(self, source: str) -> Lessons | None:
        """What a source has shown of when its orders change; None: nothing is known."""

    async def keep_lessons(self, source: str, lessons: Lessons) -> None:
        """Remember it, in place of what was known."""

    async def stays(self, source: str) -> Mapping[str, Stay]:
        """What was learned of a source, by status."""

    async def keep_stays(self, source: str, stays: Mapping[str, Stay], at: Moment) -> None:
        """Remember what was learned of a source, in place of what was known."""
