"""A PostgreSQL server with a standby, which takes over when the first one is killed and has not heard of the last."""

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from tests.chaos.database import Database

FORGOTTEN = 2.0
"""Seconds before the end of the first server that the standby never hears of."""


class Pair(Database):
    """Both at one address. `break_off` is a failover."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._standby = Database(folder, "standby")
        hosts = ",".join(quote(str(each.data), safe="") for each in (self, self._standby))
        self.address = f"postgresql:///postgres?host={hosts}&user=postgres&target_session_attrs=read-write"
        self.forgets_from = self.promoted_at = datetime.max.replace(tzinfo=UTC)
        """When the standby heard no more, and when it took over."""
        self.back_after = 0.0
        """Seconds from then until every lease was taken there."""

    def make(self) -> None:
        """Make the first, and the second as its copy that follows it. Raises Unavailable."""
        super().make()
        self._standby.binaries = self.binaries
        copying = ("pg_basebackup", "-h", str(self.data), "-U", "postgres", "-D", str(self._standby.data), "-R")
        self._standby.claim()
        self.run(*copying, "-X", "stream", "-c", "fast").wait()
        self._standby.start()

    async def break_off(self, seconds: float) -> None:
        """The first dies and takes the last moments with it; after so long the second takes over."""
        ((sender,),) = self.ask("select pid from pg_stat_replication")
        os.kill(int(str(sender)), signal.SIGSTOP)
        self.forgets_from = datetime.now(UTC)
        await asyncio.sleep(FORGOTTEN)
        super().kill()
        await asyncio.sleep(seconds)
        ((began,),) = self._standby.ask("select clock_timestamp()::text")
        self.promoted_at = datetime.now(UTC)
        self._standby.ask("select pg_promote()")
        await self._wait_for_leases(str(began))

    def stop(self) -> None:
        """End both at once."""
        super().stop()
        self._standby.stop()

    async def _wait_for_leases(self, began: str) -> None:
        taken = f"select bool_and(token is not null and since > '{began}') from leases"
        async with asyncio.timeout(90.0):
            while self.ask(taken) != [(True,)]:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.05)
        self.back_after = (datetime.now(UTC) - self.promoted_at).total_seconds()
