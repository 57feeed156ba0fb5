"""How the Bot API brings what people do to a bot: at getUpdates, or to its webhook."""

import asyncio
import itertools
import json
import time
from collections import deque
from typing import Any

import aiohttp
from aiohttp import web

from bot.ports import Clock
from bot.sandbox._telegram_refusal import Refused

_LONGEST_POLL = 50
_SPIN = 20
"""Polls in a second that no sane poller needs."""


class Delivery:
    """The updates of one bot, until they are confirmed."""

    def __init__(self, clock: Clock, violations: list[str]) -> None:
        self._clock = clock
        self._violations = violations
        self._serial = itertools.count(int(clock.now().timestamp()) % 1_000_000_000)  # goes on after a restart
        self._pending: list[dict[str, Any]] = []
        self._came = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None
        self._polls: deque[float] = deque(maxlen=_SPIN)
        self._posting: asyncio.Task[None] | None = None
        self._lost_acks = 0
        self._webhook: dict[str, Any] = {}
        self.handed_over: dict[int, int] = {}
        """Update to how often it was delivered."""
        self.arrived: dict[int, float] = {}
        """Update to when it was first delivered and taken, in seconds of time.perf_counter."""
        self.statuses: list[int | None] = []
        """What the webhook answered; None: nothing in time."""
        self.retry_after = 0.1
        """Seconds before a delivery to the webhook is repeated, doubled each time. Telegram goes up to two minutes."""
        self.reach: str | None = None
        """Where the webhook really is; None: at the address that was set."""

    @property
    def unconfirmed(self) -> list[int]:
        """Updates that would be delivered again."""
        return [update["update_id"] for update in self._pending]

    def put(self, kind: str, content: dict[str, Any]) -> int:
        """A new update. Returns its number."""
        number = next(self._serial)
        self._pending.append({"update_id": number, kind: content})
        self._came.set()
        return number

    def lose_acks(self, n: int = 1) -> None:
        """The answers of the webhook to the next `n` deliveries get lost on their way."""
        self._lost_acks += n

    async def get(self, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """The method getUpdates. A new poll ends the one that waits."""
        if self._webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(Refused(409, "Conflict: terminated by other getUpdates request"))
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        mine.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._poll = mine
        self._watch_pace()
        offset = int(arguments.get("offset") or 0)
        if offset:
            self._pending = [update for update in self._pending if update["update_id"] >= offset]
        ends = time.monotonic() + min(int(arguments.get("timeout") or 0), _LONGEST_POLL)
        while not self._pending and (left := ends - time.monotonic()) > 0:
            self._came.clear()
            coming = asyncio.ensure_future(self._came.wait())
            await asyncio.wait((coming, mine), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            coming.cancel()
            if mine.done():
                mine.result()
        if mine.done():
            mine.result()
        batch = self._pending[: min(int(arguments.get("limit") or 100), 100)]
        for update in batch:
            self._note(update["update_id"])
        mine.cancel()
        return batch

    def set_webhook(self, arguments: dict[str, Any]) -> bool:
        """The method setWebhook."""
        url = str(arguments.get("url") or "")
        if not url.startswith(("https://", "http://127.0.0.1:")):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self._webhook = {"url": url, "secret_token": str(arguments.get("secret_token") or "")}
        self.stop()
        self._posting = asyncio.create_task(self._post_all())
        return True

    def delete_webhook(self, arguments: dict[str, Any]) -> bool:
        """The method deleteWebhook."""
        del arguments
        self._webhook = {}
        self.stop()
        return True

    def stop(self) -> None:
        """Deliver nothing more to the webhook."""
        if self._posting is not None:
            self._posting.cancel()
            self._posting = None

    async def close(self, application: web.Application) -> None:
        """Stop with the server."""
        del application
        self.stop()

    async def post(self, update: dict[str, Any], secret: str | None = None) -> int | None:
        """Deliver one update to the webhook, with its own secret or another. Returns the status."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._webhook["secret_token"] if secret is None else secret}
        url = self.reach or self._webhook["url"]
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                session.post(url, data=json.dumps(update), headers=headers if headers else None) as response,
            ):
                await response.read()
                status: int | None = response.status
        except (aiohttp.ClientError, OSError):
            status = None
        self.statuses.append(status)
        return status

    async def _post_all(self) -> None:
        wait = self.retry_after
        while True:
            if not self._pending:
                self._came.clear()
                await self._came.wait()
            update = self._pending[0]
            status = await self.post(update)
            self._note(update["update_id"], taken=status == 200)
            if status == 200 and not self._lost_acks:
                self._pending.remove(update)
                wait = self.retry_after
                continue
            self._lost_acks = max(0, self._lost_acks - 1)
            await asyncio.sleep(wait)
            wait = min(2 * wait, 60.0)

    def _note(self, number: int, *, taken: bool = True) -> None:
        self.handed_over[number] = self.handed_over.get(number, 0) + 1
        if taken:
            self.arrived.setdefault(number, time.perf_counter())

    def _watch_pace(self) -> None:
        now = self._clock.monotonic()
        if len(self._polls) == _SPIN and now - self._polls[0] < 1.0:
            self._violations.append(f"getUpdates was asked {_SPIN} times within a second")
            self._polls.clear()
        self._polls.append(now)
