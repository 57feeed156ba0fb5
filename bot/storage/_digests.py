"""Digests, as functions of a connection: when each was made last, and how old what waits is."""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.model.digest import Digested
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import NewNotification
from bot.model.view import Extent
from bot.storage._lists import within
from bot.storage._outbox import add_notifications
from bot.storage._schema import OPEN_ORDER

# Conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_OPEN = tuple(stage for stage in Stage if not stage.is_final)
_COUNTS = ", ".join(f"count(*) filter (where stage = '{stage.value}')" for stage in _OPEN)


def last(connection: sqlite3.Connection, name: str, destination: str) -> Digested | None:
    """The last one that was made for a destination."""
    row = connection.execute(
        "select name, destination, day, made_at from digests where name = ? and destination = ?", (name, destination)
    ).fetchone()
    return Digested(*row) if row else None


def note(connection: sqlite3.Connection, digested: Digested, notification: NewNotification | None) -> bool:
    """Remember that one was made, and owe it if there is one. Returns whether it is new."""
    connection.execute(
        "insert or replace into digests (name, destination, day, made_at) values (?, ?, ?, ?)",
        (digested.name, digested.destination, digested.day, digested.at),
    )
    return add_notifications(connection, (notification,) if notification else (), {})


def open_ages(
    connection: sqlite3.Connection, extents: Sequence[Extent], edges: Sequence[Moment]
) -> Mapping[Stage, tuple[int, ...]]:
    """Open orders by stage, those that changed since the first edge first. Stages without any are left out."""
    condition, values = within(extents)
    columns = []
    for younger, older in pairwise(("9", *edges, "")):
        counted = connection.execute(
            f"""select {_COUNTS} from orders indexed by orders_by_age
                where changed_at < :younger and changed_at >= :older and {OPEN_ORDER} and {condition}""",
            {**values, "younger": younger, "older": older},
        )
        columns.append(counted.fetchone())
    by_stage = zip(_OPEN, zip(*columns, strict=True), strict=True)
    return {stage: counts for stage, counts in by_stage if any(counts)}
