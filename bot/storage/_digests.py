"""Digests, as functions of a connection: when each was made last, and how old what waits is."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.model.digest import Digested
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import NewNotification
from bot.model.view import Extent
from bot.storage._connection import Connection, put
from bot.storage._lists import within
from bot.storage._outbox import add_notifications
from bot.storage._schema import OPEN_ORDER

# Conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_OPEN = tuple(stage for stage in Stage if not stage.is_final)
_COUNTS = ", ".join(f"count(*) filter (where stage = '{stage.value}')" for stage in _OPEN)


async def last(connection: Connection, name: str, destination: str) -> Digested | None:
    """The last one that was made for a destination."""
    row = await connection.row(
        "select name, destination, day, made_at from digests where name = ? and destination = ?", (name, destination)
    )
    return Digested(*row) if row else None


async def note(connection: Connection, digested: Digested, notification: NewNotification | None) -> bool:
    """Remember that one was made, and owe it if there is one. Returns whether it is new."""
    await connection.run(
        put("digests", ("name", "destination", "day", "made_at"), ("name", "destination")),
        (digested.name, digested.destination, digested.day, digested.at),
    )
    return await add_notifications(connection, (notification,) if notification else (), {})


async def open_ages(
    connection: Connection, extents: Sequence[Extent], edges: Sequence[Moment]
) -> Mapping[Stage, tuple[int, ...]]:
    """Open orders by stage, those that changed since the first edge first. Stages without any are left out."""
    condition, values = within(connection, extents)
    columns = []
    for younger, older in pairwise(("9", *edges, "")):
        columns += await connection.rows(
            f"""select {_COUNTS} from orders {connection.along("orders_by_age")}
                where changed_at < :younger and changed_at >= :older and {OPEN_ORDER} and {condition}""",
            {**values, "younger": younger, "older": older},
        )
    by_stage = zip(_OPEN, zip(*columns, strict=True), strict=True)
    return {stage: counts for stage, counts in by_stage if any(counts)}
