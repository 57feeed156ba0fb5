"""Everything the sandbox can do wrong, all of it at a low rate, and how long it took until all was well again."""

import random
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.ports import Clock
from bot.sandbox.faults import Fault, Faults, Handler

HANG = 0.05
"""Real seconds: minutes of the simulated time."""
ANYWHERE: dict[str, dict[str, Any]] = {
    "503 with HTML": {"kind": "status", "status": 503},
    "500 with HTML": {"kind": "status", "status": 500},
    "429 with Retry-After": {"kind": "status", "status": 429, "retry_after": "90"},
    "429 without": {"kind": "status", "status": 429},
    "empty 200": {"kind": "empty"},
    "a web page": {"kind": "html"},
    "truncated": {"kind": "truncated"},
    "garbled": {"kind": "garbled"},
    "wrong type": {"kind": "wrong_type"},
    "nested too deep": {"kind": "deep"},
    "slow": {"kind": "slow", "seconds": HANG},
    "hangs, then closes": {"kind": "hang", "seconds": HANG},
    "reset": {"kind": "reset"},
    "cut": {"kind": "cut"},
    "dropped after": {"kind": "drop_after"},
}
AT_SUPPLIERS = ANYWHERE | {"stale": {"kind": "stale"}, "17 MB": {"kind": "huge", "size": 17 * 1024 * 1024}}
FAIR_AFTER = 5
"""Requests that pass untouched after a fault of a chat: two lost answers in a row are a dead letter by design."""


@dataclass(slots=True)
class Strike:
    """One fault that happened."""

    server: str
    name: str
    at: float
    """Simulated seconds."""
    recovered: float | None = None
    """Simulated seconds until the next good answer."""


class Weather(Faults):
    """The faults of one server, chosen by chance once `rate` is above 0: the share of its requests that are struck."""

    def __init__(self, server: str, clock: Clock, seed: int, sorts: dict[str, dict[str, Any]]) -> None:
        super().__init__(seed)
        self.rate = 0.0
        self.strikes: list[Strike] = []
        self.answered = 0
        self._name = server
        self._clock = clock
        self._sorts = sorts
        self._chance = random.Random(f"{seed} {server}")
        self._fair = 0

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """As always; a fault that is added here hits this very request."""
        self.answered += 1
        chosen = self._choose()
        response = await super().middleware(request, handler)
        if chosen is None and response.status < 400:
            self._note_recovered()
        return response

    def _choose(self) -> Fault | None:
        if self._fair > 0:
            self._fair -= 1
            return None
        if self._chance.random() >= self.rate:
            return None
        names = sorted(self._sorts)
        weights = [0.1 if name == "17 MB" else 1.0 for name in names]
        name = self._chance.choices(names, weights)[0]
        self.strikes.append(Strike(self._name, name, self._clock.monotonic()))
        if self._name in ("slack", "telegram"):
            self._fair = FAIR_AFTER
        return self.add(**self._sorts[name])

    def _note_recovered(self) -> None:
        for strike in reversed(self.strikes):
            if strike.recovered is not None:
                return
            strike.recovered = self._clock.monotonic() - strike.at
