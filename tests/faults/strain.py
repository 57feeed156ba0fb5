"""What the fault tests share: something happens at every account, and what the chats made of it."""

from datetime import timedelta

from bot.sandbox.world import ACCOUNTS
from tests.journeys.scene import Scene

LATER = 1000.0
"""Seconds between two looks: longer than any back-off, so that each look really asks."""


def something_happens(scene: Scene) -> None:
    """One change at every account, that its source can tell of."""
    for account in ACCOUNTS:
        order = next(order for order in scene.world.orders(account) if order.step not in ("delivered", "cancelled"))
        if account == "twoservice":
            scene.world.add_tracking(order)
        else:
            scene.world.move_promise(order, order.promised + timedelta(days=1))


async def several_looks(scene: Scene, times: int = 4) -> list[str]:
    """Look that often. Returns what operators were shown, as the first line of each message."""
    shown: list[str] = []
    for _ in range(times):
        news = await scene.look(LATER)
        shown += [text.partition("\n")[0] for text in news.slack]
    return shown


def told(lines: list[str], headline: str, account: str = "") -> int:
    """How many of the lines are this notice, about this account."""
    return sum(headline in line and account in line for line in lines)


def missing_accounts(scene: Scene) -> set[str]:
    """The accounts of which something is not told yet."""
    return {account for account in ACCOUNTS for line in scene.verdict().missed if f"of {account} " in line}
