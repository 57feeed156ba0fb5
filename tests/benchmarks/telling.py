"""From the poll that shows a change to the message a chat has accepted, when one order in a hundred changes."""

import asyncio
import time
from collections.abc import Iterator
from statistics import quantiles

from bot.app import App
from bot.chats.console import Console
from bot.cli._process import run_async
from bot.clock import SystemClock
from bot.loops.notifier import Notifier
from bot.model.outbox import Destination
from bot.model.sending import Part
from bot.ports import Chat
from tests.benchmarks.figure import Figure, figure, longest, under
from tests.benchmarks.lag import lag
from tests.benchmarks.polling import one_round, watching
from tests.benchmarks.serving import Supplier, supplier
from tests.benchmarks.size import Size

SHARE = 100
PATIENCE = 60.0
"""Seconds to wait for the last message."""


class Attentive(Console):
    """A chat that accepts at once, and notes when."""

    def __init__(self, expected: int) -> None:
        self.accepted: dict[str, float] = {}
        self.heard_all = asyncio.Event()
        self._expected = expected

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        """Accept it."""
        del destination, under, aloud
        self.accepted[key] = time.monotonic()
        if len(self.accepted) >= self._expected:
            self.heard_all.set()
        return str(len(self.accepted))


def measure(size: Size) -> Iterator[Figure]:
    """p50 and p95 of each round."""
    orders = size.moving
    with supplier("stateset", orders) as account:
        found = run_async(_rounds(account, size.rounds))
    delays = [quantiles(each, n=20) for each, _ in found]
    what = f"{orders // SHARE} of {orders:,} orders changed, poll to accepted message"
    yield figure(f"{what}: p50", "s", [cuts[9] for cuts in delays], aim=under(0.5))
    yield figure(f"{what}: p95", "s", [cuts[18] for cuts in delays], aim=under(1.5))
    blocks = [block * 1e3 for _, block in found]
    yield longest("longest block of the event loop, meanwhile", "ms", blocks, aim=under(50))


async def _rounds(account: Supplier, rounds: int) -> list[tuple[list[float], float]]:
    async with watching(account, account.orders) as app:
        await app.once()
        return [await _round(app, account) for _ in range(rounds)]


async def _round(app: App, account: Supplier) -> tuple[list[float], float]:
    """Seconds from the answer that first showed each change to its message, and the longest block of the loop."""
    changes = len(account.orders) // SHARE
    account.change(changes)
    chat, stop = Attentive(changes), asyncio.Event()
    chats: dict[str, Chat] = {"console": chat}
    here = {"here": Destination(name="here", chat="console")}
    notifier = Notifier(app.storage, SystemClock(), chats, here, operators=("here",), labels={})
    telling = asyncio.create_task(notifier.run(stop))
    async with lag() as found:
        await one_round(app)
        await asyncio.wait_for(chat.heard_all.wait(), PATIENCE)
    stop.set()
    await telling
    shown = account.shown()
    rows = await app.storage.notifications(limit=1_000_000)
    at = {f"{row.key}.0": row.order for row in rows}
    return [when - shown[order] for key, when in chat.accepted.items() if (order := at.get(key))], found.longest
