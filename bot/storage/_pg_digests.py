"""Digests in PostgreSQL: when each was made last, and how old what waits is. See `digestbook.DigestBook`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

from bot.model.digest import Digested
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import NewNotification
from bot.model.view import Extent
from bot.storage._pg_books import Run
from bot.storage._pg_connections import Connection, Job
from bot.storage._pg_lists import within
from bot.storage._pg_outbox import add_notifications
from bot.storage._pg_schema import OPEN_ORDER
from bot.storage._pg_views import row_of

# Conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_OPEN = tuple(stage for stage in Stage if not stage.is_final)
_COUNTS = ", ".join(f"count(*) filter (where stage = '{stage.value}')" for stage in _OPEN)


class PostgresDigestBook:
    """Implements `digestbook.DigestBook`. `add` writes, and tells whoever sends if there is something new."""

    def __init__(self, read: Run, add: Callable[[Job[bool]], Awaitable[None]]) -> None:
        self._read = read
        self._add = add

    async def last(self, name: str, destination: str) -> Digested | None:
        """When a digest was made last for a destination."""
        return await self._read(partial(_last, name=name, destination=destination))

    async def note(self, digested: Digested, notification: NewNotification | None) -> None:
        """Remember that one was made, and owe it if there is one, in one transaction."""
        await self._add(partial(_note, digested=digested, notification=notification))

    async def open_ages(self, extents: Sequence[Extent], edges: Sequence[Moment]) -> Mapping[Stage, tuple[int, ...]]:
        """Open orders by stage: how many changed since the first edge, between it and the next, and so on."""
        return await self._read(partial(_open_ages, extents=extents, edges=edges))


async def _last(connection: Connection, name: str, destination: str) -> Digested | None:
    row = await row_of(
        connection,
        "select name, destination, day, made_at from digests where name = %s and destination = %s",
        (name, destination),
    )
    return Digested(*row) if row else None


async def _note(connection: Connection, digested: Digested, notification: NewNotification | None) -> bool:
    await connection.execute(
        """insert into digests (name, destination, day, made_at) values (%s, %s, %s, %s)
            on conflict (name, destination) do update set day = excluded.day, made_at = excluded.made_at""",
        (digested.name, digested.destination, digested.day, digested.at),
    )
    return await add_notifications(connection, (notification,) if notification else (), {})


async def _open_ages(
    connection: Connection, extents: Sequence[Extent], edges: Sequence[Moment]
) -> Mapping[Stage, tuple[int, ...]]:
    condition, values = within(extents)
    columns = []
    for younger, older in pairwise(("9", *edges, "")):
        counted = await row_of(
            connection,
            f"""select {_COUNTS} from orders
                where changed_at < %(younger)s and changed_at >= %(older)s and {OPEN_ORDER} and {condition}""",
            {**values, "younger": younger, "older": older},
        )
        columns.append(counted or (0,) * len(_OPEN))
    by_stage = zip(_OPEN, zip(*columns, strict=True), strict=True)
    return {stage: tuple(counts) for stage, counts in by_stage if any(counts)}
