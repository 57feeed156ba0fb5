"""What time needs of a SQLite store. See `timebook.TimeBook`."""

from collections.abc import Mapping, Sequence

from bot.model.moment import Moment
from bot.model.stay import Move, Stay
from bot.storage import _alarms
from bot.storage.care import Run


class SqliteTimeBook:
    """Implements `timebook.TimeBook`."""

    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def due(self, source: str, now: Moment, *, limit: int) -> Sequence[str]:
        """Keys of the orders whose alarm is due, the longest due first."""
        return await self._read(lambda connection: _alarms.due(connection, source, now, limit))

    async def postpone(self, source: str, keys: Sequence[str], until: Moment) -> None:
        """Let the alarms of these orders be due then."""
        await self._write(lambda connection: _alarms.postpone(connection, source, keys, until))

    async def wake(self, source: str, at: Moment) -> None:
        """Let every alarm of a source that comes later be due at `at`; other writes come in between."""
        while await self._write(lambda connection: _alarms.wake(connection, source, at)):
            pass

    async def is_set_by(self, source: str, settings: str) -> bool:
        """Whether the alarms of a source were set by these settings."""
        return await self._read(lambda connection: _alarms.settings(connection, source)) == settings

    async def note_settings(self, source: str, settings: str) -> None:
        """Remember by which settings they are set from now on."""
        await self._write(lambda connection: _alarms.note_settings(connection, source, settings))

    async def moves(self, source: str, *, limit: int) -> Sequence[Move]:
        """The last moves of orders of a source into a status, oldest first."""
        return await self._read(lambda connection: _alarms.moves(connection, source, limit))

    async def stays(self, source: str) -> Mapping[str, Stay]:
        """What was learned of a source, by status."""
        return await self._read(lambda connection: _alarms.stays(connection, source))

    async def keep_stays(self, source: str, stays: Mapping[str, Stay], at: Moment) -> None:
        """Remember what was learned of a source, in place of what was known."""
        await self._write(lambda connection: _alarms.keep_stays(connection, source, stays, at))
