"""What happened, for whoever looks back, on any database. See `bot.past.Past`."""

import json
from collections.abc import AsyncGenerator
from itertools import groupby

from bot.model.change import Change
from bot.model.moment import Moment
from bot.model.order import Order
from bot.model.outbox import State
from bot.model.poll import Payload
from bot.model.view import FoundThen, OwedThen
from bot.storage import _views
from bot.storage._connection import Connection

_PAGE = 500


class StoredPast:
    """Implements `bot.past.Past`, on a connection whose transaction is one view of the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def latest(self) -> Moment | None:
        """When something was last found or settled; None in an empty database."""
        moments = await self._connection.rows(
            "select (select max(seen_at) from changes) union all select (select max(settled_at) from notifications)"
        )
        return max((Moment(row[0]) for row in moments if row[0] is not None), default=None)

    async def count(self, since: Moment) -> int:
        """How many changes were found since then."""
        row = await self._connection.row("select count(*) from changes where seen_at >= ?", (since,))
        return int(row[0]) if row else 0

    async def found(self, since: Moment) -> AsyncGenerator[FoundThen]:
        """What was found since then, in the order in which it was."""
        waiting: list[tuple[Moment, str, str, int, str]] = []
        last = 0
        while page := await self._connection.rows(
            f"""select seen_at, source, key, seq, change, id from changes {self._connection.along(None)}
                where id > ? and seen_at >= ? order by id limit ?""",  # noqa: S608
            (last, since, _PAGE),
        ):
            *_, last = page[-1]
            polls = [list(rows) for _, rows in groupby([*waiting, *(row[:5] for row in page)], lambda row: row[:4])]
            waiting = polls.pop()  # what one poll found may go on in the next page
            for rows in polls:
                yield _found(rows)
        if waiting:
            yield _found(waiting)

    async def owed(self, since: Moment) -> AsyncGenerator[OwedThen]:
        """What was owed about orders since then, by id."""
        last = 0
        while page := await self._connection.rows(
            f"""select id, source, order_key, created_at, destination, route, state, settled_at, held_for, merged_into,
                    reason
                from notifications {self._connection.along(None)}
                where id > ? and created_at >= ? and order_key is not null order by id limit ?""",  # noqa: S608
            (last, since, _PAGE),
        ):
            last = page[-1][0]
            for id_, source, key, seen_at, destination, route, state, *rest in page:
                yield OwedThen(id_, source, key, seen_at, destination, route, State(state), *rest)

    async def order(self, source: str, key: str) -> tuple[Order, tuple[str, ...]] | None:
        """An order as it is known now, and the ids of the listings that show it; None for one never seen."""
        row = await self._connection.row(
            "select snapshot, scopes from orders where source = ? and key = ? and snapshot is not null", (source, key)
        )
        return None if row is None else (Order.model_validate_json(row[0]), tuple(json.loads(row[1])))

    async def payload(self, source: str, key: str, seq: int) -> Payload | None:
        """What a source answered that made a version; None where retention dropped it."""
        return await _views.payload(self._connection, source, key, seq)

    async def scopes(self) -> frozenset[tuple[str, str]]:
        """Every listing that has been swept: source and id."""
        rows = await self._connection.rows("select source, scope from sweeps")
        return frozenset((source, scope) for source, scope in rows)


def _found(rows: list[tuple[Moment, str, str, int, str]]) -> FoundThen:
    seen_at, source, key, seq, _ = rows[0]
    return FoundThen(source, key, seq, seen_at, tuple(Change.model_validate_json(row[4]) for row in rows))
