"""No question reads a whole large table: PostgreSQL explains every statement that the store sends.

Twice: with the planner as it is, on tables that hold some thousand rows; and told to avoid reading from end to end
where there is any other way, which shows that there is one also for the tables that are empty here.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from bot.model.order import Stage
from bot.model.outbox import Gathering, Move, State
from bot.model.view import Extent, Selection
from tests.postgres import database_for
from tests.storage.making import ELEVEN, NINE, TEN, THREAD, a_record, again, an_order, an_update, news, sent
from tests.storage.test_query_plans import _EXTENTS, _RECORD, _RETENTION, _WANTED

Explained = dict[tuple[str, bool], list[str]]
"""By name, and whether the planner was to avoid it: the tables that are read from end to end."""
Call = Callable[[Any], Awaitable[object]]
_FILLED = "orders|order_names|snapshots|notifications|changes_2026_01"
_LARGE = f"{_FILLED}|messages|audit|buttons|threads|exceptions"


def calls() -> dict[str, Call]:
    """What is explained, by name."""
    from bot.storage import _pg_alarms, _pg_lists, _pg_outbox, _pg_readings, _pg_views, _pg_writes

    async def tidied(connection: Any) -> None:
        for step in _pg_writes.tidying(ELEVEN, _RETENTION).values():
            await step(connection)

    async def selected(connection: Any) -> None:
        for wanted in _WANTED:
            for extents in _EXTENTS:
                await _pg_lists.select(connection, Selection(extents, **wanted), 5, 0)

    whole = (Extent("panels", is_whole=True),)
    gathering = Gathering(leader=1, merged={2: "why"}, message=news("k").message, at=TEN)
    settled = [sent(1, "m"), again(2, None).model_copy(update={"moved": Move(old={}, new={}), "thread": THREAD})]
    return {
        "commit_record": lambda c: _pg_writes.commit_record(c, _RECORD),
        "tidying": tidied,
        "claim": lambda c: _pg_outbox.claim(c, [1, 2], TEN),
        "settle": lambda c: _pg_outbox.settle(c, settled),
        "gather": lambda c: _pg_outbox.gather(c, gathering),
        "news": lambda c: _pg_outbox.news(c, [1, 2]),
        "waiting": lambda c: _pg_outbox.waiting(c, "ops", 1),
        "owed": _pg_outbox.owed,
        "counts": _pg_views.counts,
        "load": lambda c: _pg_views.load(c, "panels", "FR/1"),
        "load_part": lambda c: _pg_views.load_part(c, "panels", "", 10),
        "snapshots": lambda c: _pg_views.snapshots(c, "panels", ["FR/1", "FR/2"]),
        "memories": lambda c: _pg_views.memories(c, "panels", ["FR/1", "FR/2"]),
        "had_version": lambda c: _pg_views.had_version(c, "panels", "FR/1", "d"),
        "orders": lambda c: _pg_views.orders(c, None, None, 5, 0),
        "orders of a source": lambda c: _pg_views.orders(c, "panels", None, 5, 0),
        "orders of a stage": lambda c: _pg_views.orders(c, None, Stage.PLACED, 5, 0),
        "find_orders": lambda c: _pg_views.find_orders(c, "1Z"),
        "history": lambda c: _pg_views.history(c, "panels", "FR/1", 5),
        "payload": lambda c: _pg_views.payload(c, "panels", "FR/1", 1),
        "notifications": lambda c: _pg_views.notifications(c, 0, tuple(State), 5),
        "notification": lambda c: _pg_views.notification(c, "k"),
        "notification_behind": lambda c: _pg_views.notification_behind(c, "ops", "m"),
        "seek": lambda c: _pg_lists.seek(c, ["1Z", "2Z"], whole),
        "select": selected,
        "told": lambda c: _pg_lists.told(c, "panels", "FR/1", 5),
        "promised": lambda c: _pg_lists.promised(c, whole, (NINE, NINE), (TEN, TEN), 5),
        "finished": lambda c: _pg_lists.finished(c, whole, Stage.COMPLETED, NINE, 5),
        "due": lambda c: _pg_alarms.due(c, "panels", NINE, 5),
        "moves": lambda c: _pg_alarms.moves(c, "panels", 5),
        "read_again": lambda c: _pg_readings.read_again(c, "panels", {"x": Stage.SHIPPED}, "FR/1"),
    }


class _Explaining:
    """A connection that explains each statement before it sends it."""

    def __init__(self, connection: Any, plans: list[dict[str, Any]]) -> None:
        self._connection, self._plans = connection, plans

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> "_Explaining":
        return _Explaining(self._connection.cursor(), self._plans)

    async def execute(self, sql: str, values: Any = ()) -> Any:
        await self._explain(sql, values)
        return await self._connection.execute(sql, values)

    async def executemany(self, sql: str, many: Any) -> None:
        for values in list(many)[:1]:
            await self._explain(sql, values)
        await self._connection.executemany(sql, many)

    async def _explain(self, sql: str, values: Any) -> None:
        connection = getattr(self._connection, "connection", self._connection)
        row = await (await connection.execute(f"explain (format json) {sql}", values)).fetchone()
        self._plans.append(row[0][0]["Plan"] if not isinstance(row[0], str) else json.loads(row[0])[0]["Plan"])


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """Tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scans(part)


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """By name: the tables that are read from end to end."""
    database = database_for(tmp_path_factory.mktemp("plans"))
    from bot.storage._pg_connections import connect
    from bot.storage._pg_writes import commit_record

    async def explain() -> Explained:
        connection = await connect(database)
        found: Explained = {}
        keys = [f"FR/{number}" for number in range(3000)]
        record = a_record(
            *(an_update(an_order(key, source="seen")) for key in keys),
            source="seen",
            tell=[news(key, order=key) for key in keys],
        )
        async with connection.transaction():
            await commit_record(connection, record)
        await connection.execute("update notifications set state = 'sent', settled_at = created_at where id > 50")
        await connection.execute("analyze")
        for name, call in calls().items():
            for avoids in ("", "set local enable_seqscan = off"):
                plans: list[dict[str, Any]] = []
                async with connection.transaction(force_rollback=True):
                    await connection.execute(avoids or "select 1")
                    await call(_Explaining(connection, plans))
                found[name, bool(avoids)] = [table for plan in plans for table in scans(plan)]
        await connection.close()
        return found

    return asyncio.run(explain())


_NAMES = """commit_record tidying claim settle gather news waiting owed load load_part snapshots memories had_version
    orders,of,a,source orders,of,a,stage orders find_orders history payload notifications notification
    notification_behind seek select told promised finished due moves read_again"""


@pytest.mark.parametrize("name", [name.replace(",", " ") for name in _NAMES.split()])
@pytest.mark.parametrize("avoids", [False, True])
def test_no_large_table_is_read_from_end_to_end(explained: Explained, name: str, avoids: bool) -> None:
    large = _LARGE if avoids else _FILLED
    assert [table for table in explained[name, avoids] if re.fullmatch(large, table)] == []


def test_the_check_sees_a_scan(explained: Explained) -> None:
    assert explained["counts", False]
