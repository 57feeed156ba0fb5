"""Time that runs faster, the same in every process of this machine."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class FastClock:
    """Stood at START when the machine's monotonic clock stood at `origin`, and runs `speed` times as fast."""

    def __init__(self, speed: float, origin: float | None = None) -> None:
        self.speed = speed
        self.origin = time.monotonic() if origin is None else origin

    def now(self) -> datetime:
        """The simulated present."""
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Simulated seconds since the beginning."""
        return (time.monotonic() - self.origin) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait until that much simulated time has passed."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)
