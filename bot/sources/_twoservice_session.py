"""The session at 2Service: one token for everybody who asks, made when needed, one login at a time."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.gate import Lane
from bot.ports import Clock

FRESH_FOR = 240.0
"""Seconds since the last use. The host ends a session after 5 minutes without one, as its Authenticate page says."""


class Session:
    """Hands out the token. `log_in(lane)` asks the source for a new one and raises a SourceError if it cannot.

    The last few tokens are appended to `secrets`, whose first element, the password, stays.
    """

    def __init__(self, clock: Clock, log_in: Callable[[Lane], Awaitable[str]], secrets: list[str]) -> None:
        self._clock = clock
        self._log_in = log_in
        self._token: str | None = None
        self._used_at = 0.0
        self._login: asyncio.Task[str] | None = None
        self._secrets = secrets

    async def token(self, lane: Lane = Lane.ROUTINE) -> str:
        """A token that should be accepted. Everybody who comes while a login is under way shares its outcome."""
        if self._token and self._clock.monotonic() - self._used_at < FRESH_FOR:
            return self._token
        if self._login is None:
            self._login = asyncio.create_task(self._renew(lane))
            self._login.add_done_callback(self._finish)
        return await asyncio.shield(self._login)

    def used(self, token: str) -> None:
        """The source has just accepted this token."""
        if token == self._token:
            self._used_at = self._clock.monotonic()

    def drop(self, token: str) -> None:
        """The source has refused this token. A newer one that another request made meanwhile stays."""
        if token == self._token:
            self._token = None

    async def close(self) -> None:
        """Stop a login that is under way. Idempotent."""
        if self._login is not None:
            self._login.cancel()
            await asyncio.wait([self._login])

    async def _renew(self, lane: Lane) -> str:
        self._token = None
        token = await self._log_in(lane)
        self._secrets.append(token)
        del self._secrets[1:-4]
        self._token = token
        self._used_at = self._clock.monotonic()
        return token

    def _finish(self, login: asyncio.Task[str]) -> None:
        self._login = None
        if not login.cancelled():
            login.exception()  # read, in case nobody waited to the end
