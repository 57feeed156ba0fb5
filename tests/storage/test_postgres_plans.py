"""No question reads a whole large table of PostgreSQL: it explains every statement that the store sends.

Three times: with the planner as it is, on tables that hold some thousand rows; told to avoid reading from end to end
where there is any other way; and told to avoid sorting, too, which shows that lists come in the order of an index.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.postgres import database_for
from tests.storage.calls import CALLS, RECORD, WALKS_ALL, speakers
from tests.storage.making import a_record, an_order, an_update, news

Explained = dict[tuple[str, str], list[dict[str, Any]]]
"""By name, and what the planner was told to avoid: the plans."""
_AS_IT_IS, _NO_SCAN = "select 1", "set local enable_seqscan = off"
_NO_SORT = f"{_NO_SCAN}; set local enable_sort = off; set local enable_bitmapscan = off"
_ROWS = 3000
_LARGE = "orders|order_names|snapshots|notifications|messages|audit|buttons|threads|exceptions|changes_2026_01"
_MAY_SCAN = {
    **dict.fromkeys((*WALKS_ALL, "views.counts"), _LARGE),
    **dict.fromkeys(("views.count_orders", "views.orders archived"), "orders"),
    "purge.erase": "audit",
}
"""What counts or looks back reads all there is; an order is erased, and archived ones are listed, once in a while."""
_LISTS = (
    "alarms.due", "exceptions.due_exceptions", "lists.dates", "lists.select", "lists.told", "outbox.waiting",
    "tables.changes", "tables.notifications", "tables.orders", "talks.reopen", "talks.shown_under", "views.history",
    "views.load_part", "views.notifications", "views.orders",
)  # fmt: skip
_FILLING = f"""
    update notifications set state = 'sent', settled_at = created_at where id > 50;
    insert into messages select id, 1, destination, 'm' || id, created_at from notifications;
    insert into threads (destination, source, key, place, message_id, says, told_at)
        select destination, source, order_key, '{{}}', 't' || id, 's', created_at from notifications
            where order_key is not null on conflict do nothing;
    insert into audit (chat, question, person, place, at, verb, text, under)
        select 'slack', n, 'U' || n, 'C' || n % 50, '2026-01-05T09', 'late', 'late', n % 100
            from generate_series(1, {_ROWS}) as n;
    insert into buttons select 'k' || n, 'late', '2026-01-05T09' from generate_series(1, {_ROWS}) as n;
    insert into exceptions (source, key, kind, since, change, acknowledged_at, look_at)
        select source, key, 'slipped', seen_at, '{{"kind": "slipped"}}', case when key > 'FR/2' then seen_at end,
            seen_at from orders;
    analyze
"""


class _Explaining:
    """A connection of the driver that explains each statement before it sends it."""

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


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """The plans of everything that is sent."""
    database = database_for(tmp_path_factory.mktemp("plans"))
    from bot.storage._pg_connections import connect
    from bot.storage._pg_words import PostgresConnection
    from bot.storage._writes import commit_record

    async def explain() -> Explained:
        connection = await connect(database)
        found: Explained = {}
        keys = [f"FR/{number}" for number in range(_ROWS)]
        record = a_record(
            *(an_update(an_order(key, source="seen")) for key in keys),
            source="seen",
            tell=[news(key, order=key) for key in keys],
        )
        async with connection.transaction():
            await commit_record(PostgresConnection(connection), record)
            await commit_record(PostgresConnection(connection), RECORD)
        await connection.execute(_FILLING)
        for name, call in CALLS.items():
            for told in (_AS_IT_IS, _NO_SCAN, _NO_SORT):
                plans: list[dict[str, Any]] = []
                async with connection.transaction(force_rollback=True):
                    await connection.execute(told)
                    explaining: Any = _Explaining(connection, plans)
                    if name != "writes.commit_record":
                        await call(PostgresConnection(explaining))
                    else:
                        await commit_record(PostgresConnection(explaining), a_record(_next()))
                found[name, told] = [node for plan in plans for node in nodes(plan)]
        await connection.close()
        return found

    return asyncio.run(explain())


def _next() -> Any:
    return an_update(an_order(tracking=["3Z"]), 3)


def test_every_function_is_explained() -> None:
    pytest.importorskip("psycopg")
    assert speakers() == {name.partition(" ")[0] for name in CALLS}


@pytest.mark.parametrize("told", [_AS_IT_IS, _NO_SCAN])
@pytest.mark.parametrize("name", CALLS)
def test_no_large_table_is_read_from_end_to_end(explained: Explained, name: str, told: str) -> None:
    scanned = [node["Relation Name"] for node in explained[name, told] if node["Node Type"] == "Seq Scan"]
    large = [table for table in scanned if re.fullmatch(_LARGE, table)]
    assert [table for table in large if not re.fullmatch(_MAY_SCAN.get(name, "nothing"), table)] == []


@pytest.mark.parametrize("name", _LISTS)
def test_a_list_comes_in_the_order_of_an_index(explained: Explained, name: str) -> None:
    sorts = [node for node in explained[name, _NO_SORT] if node["Node Type"] in ("Sort", "Incremental Sort")]
    assert [node["Sort Key"] for node in sorts] == []


def test_the_check_sees_a_scan(explained: Explained) -> None:
    assert any(node["Node Type"] == "Seq Scan" for node in explained["views.counts", _AS_IT_IS])
