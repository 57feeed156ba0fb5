"""What people ask for by words and filters, as functions of a connection. Every list walks an index in its order."""

from collections.abc import Sequence
from typing import Any

from bot.model.order import Stage
from bot.model.view import MOST_COUNTED, DatesAsked, Extent, Found, OrderRow, Selected, Selection, Told
from bot.storage._connection import Connection
from bot.storage._rows import FOUND_COLUMNS, ORDER_COLUMNS, folded, found_of, order_row, told_of
from bot.storage._schema import OPEN_ORDER

# Column lists and conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_MOST_FOUND = 50
"""Orders in one parcel, or of one purchase order, that are shown together."""

_Named = dict[str, Any]


async def seek(connection: Connection, names: Sequence[str], extents: Sequence[Extent]) -> list[Found]:
    """Orders within the extents that have one of the names; those of the first name that any has."""
    inside, values = within(connection, extents)
    for name in names:
        rows = await connection.rows(
            f"""select {FOUND_COLUMNS}
                from order_names as names {connection.join} orders using (source, key)
                where names.name = :name and {inside} order by names.source, names.key limit {_MOST_FOUND}""",
            {**values, "name": folded(name)},
        )
        if rows:
            return [found_of(row) for row in rows]
    return []


async def dates(connection: Connection, asked: DatesAsked) -> list[Found]:
    """Open orders by the next delivery promised, then cancelled and completed ones, the last changed first."""
    inside, values = within(connection, asked.extents)
    values["limit"] = asked.limit
    conditions, more = _conditions(connection, Selection(asked.extents, due_from=asked.start, due_before=asked.end))
    rows = await connection.rows(
        f"""select {FOUND_COLUMNS} from orders {connection.along("orders_by_due")}
            where {" and ".join([*conditions, inside])} order by due{connection.ties()} limit :limit""",
        {**values, **more},
    )
    for stage in (Stage.CANCELLED, Stage.COMPLETED):
        rows += await connection.rows(
            f"""select {FOUND_COLUMNS} from orders {connection.along("orders_by_stage")}
                where stage = :stage and changed_at >= :since and {inside}
                order by changed_at desc{connection.ties("desc")} limit :limit""",
            {**values, "stage": stage.value, "since": asked.since},
        )
    return [found_of(row) for row in rows]


async def select(connection: Connection, selection: Selection, limit: int, offset: int) -> Selected:
    """A page of the orders wanted, and how many there are."""
    if selection.waits_for_somebody:
        return await _select_waiting(connection, selection, limit, offset)
    if not any(extent.is_whole or extent.scopes for extent in selection.extents):
        return await _select_named(connection, selection, limit, offset)
    index, column, direction = _walk(selection)
    inside, values = within(connection, selection.extents)
    conditions, more = _conditions(connection, selection)
    values |= more
    wanted = f"from orders {connection.along(index)} where {' and '.join([*conditions, inside])}"
    rows = await connection.rows(
        f"""select {ORDER_COLUMNS} {wanted} order by {column} {direction}{connection.ties(direction)}
            limit :limit offset :offset""",
        {**values, "limit": limit, "offset": offset},
    )
    found = tuple(order_row(row) for row in rows)
    total = offset + len(found)
    if len(found) == limit or not found:
        counted = f"select count(*) from (select 1 {wanted} limit {MOST_COUNTED}) as those"
        ((number,),) = await connection.rows(counted, values)
        total = max(total if found else 0, number)
    return Selected(found, total)


async def told(connection: Connection, source: str, key: str, limit: int) -> list[Told]:
    """Notifications about one order, newest first."""
    rows = await connection.rows(
        """select one.id, one.destination, one.state, one.kinds, one.route, one.created_at, one.not_before,
                case when leader.id is null then one.settled_at else leader.settled_at end, one.reason, one.severity,
                one.gather_until, one.held_for, one.first_try_at is not null or one.attempts > 0 or one.parts_sent > 0,
                (select count(*) from notifications as other
                    where other.merged_into = coalesce(one.merged_into, one.id)),
                leader.state
            from notifications as one left join notifications as leader on leader.id = one.merged_into
            where one.source = ? and one.order_key = ? order by one.seq desc nulls last, one.id desc limit ?""",
        (source, key, limit),
    )
    return [told_of(row) for row in rows]


async def _select_named(connection: Connection, selection: Selection, limit: int, offset: int) -> Selected:
    """Orders that are all named: each is looked up by its key, and there are few enough to sort."""
    conditions, values = _conditions(connection, selection)
    rows: list[OrderRow] = []
    for extent in selection.extents:
        found = await connection.rows(
            f"""select {ORDER_COLUMNS} from orders
                where source = :source and {connection.among("key", ":keys")} and {" and ".join(conditions)}""",
            {**values, "source": extent.source, "keys": connection.many(sorted(extent.keys))},
        )
        rows += map(order_row, found)
    if selection.due_before or selection.due_from:
        rows.sort(key=lambda row: (row.due or "", row.source, row.key))
    else:
        oldest_first = selection.unchanged_since is not None or selection.is_stuck
        rows.sort(key=lambda row: (row.changed_at, row.source, row.key), reverse=not oldest_first)
    return Selected(tuple(rows[offset : offset + limit]), len(rows))


async def _select_waiting(connection: Connection, selection: Selection, limit: int, offset: int) -> Selected:
    """Orders about which something waits: these are few, and each is looked up by its key."""
    inside, values = within(connection, selection.extents)
    conditions, more = _conditions(connection, selection)
    rows = await connection.rows(
        f"""select {ORDER_COLUMNS} from
                (select source as of, key as wanted, min(since) as since
                    from exceptions {connection.along("exceptions_open")}
                    where acknowledged_at is null group by source, key) as waiting
                {connection.join} orders on orders.source = waiting.of and orders.key = waiting.wanted
            where {" and ".join([*conditions, inside])} order by waiting.since, orders.source, orders.key""",
        values | more,
    )
    return Selected(tuple(map(order_row, rows[offset : offset + limit])), len(rows))


def _walk(selection: Selection) -> tuple[str, str, str]:
    """The index that gives the list in its order, and that order: a column and a direction."""
    if selection.due_before or selection.due_from:
        return "orders_by_due", "due", "asc"
    if selection.is_stuck:
        return "orders_stuck", "changed_at", "asc"
    if selection.unchanged_since:
        return "orders_by_age", "changed_at", "asc"
    if selection.changed_since:
        return "orders_by_change", "changed_at", "desc"
    if selection.stage:
        return "orders_by_stage", "changed_at", "desc"
    if len(selection.extents) == 1:
        return "orders_by_source", "changed_at", "desc"
    return "orders_by_change", "changed_at", "desc"


def _conditions(connection: Connection, selection: Selection) -> tuple[list[str], _Named]:
    by_date, values = bool(selection.due_before or selection.due_from), _Named()
    # Whatever has a date has been seen: to ask for that too would take a look at each row.
    conditions = ["due is not null" if by_date else "changed_at is not null"]
    is_of_open = by_date or selection.unchanged_since or selection.is_stuck
    # What is open is never archived.
    conditions.append(OPEN_ORDER if is_of_open else "archived_at is null")
    if selection.is_stuck:
        conditions.append(connection.stuck_order)
    if selection.changed_since:
        # A version may differ in nothing that is news, such as the first one with all details.
        conditions.append(
            """changed_at >= :changed_since and exists (select 1 from changes
                where changes.source = orders.source and changes.key = orders.key
                    and changes.seen_at >= :changed_since)"""
        )
        values["changed_since"] = selection.changed_since
    if selection.due_before:
        conditions += ["due < :before_both", _day_or_instant("due", "<", "before")]
        values["before"], values["before_at"] = selection.due_before
        values["before_both"] = max(selection.due_before)
    if selection.due_from:
        conditions += ["due >= :start_both", _day_or_instant("due", ">=", "start")]
        values["start"], values["start_at"] = selection.due_from
        values["start_both"] = min(selection.due_from)
    if selection.unchanged_since:
        conditions.append("changed_at < :unchanged_since")
        values["unchanged_since"] = selection.unchanged_since
    if selection.stage:
        conditions.append("stage = :stage")
        values["stage"] = selection.stage.value
    return conditions, values


def _day_or_instant(column: str, operator: str, bound: str) -> str:
    return f"{column} {operator} case when length({column}) = 10 then :{bound} else :{bound}_at end"


def within(connection: Connection, extents: Sequence[Extent]) -> tuple[str, _Named]:
    """Whether an order is within any of the extents."""
    parts, values = [], _Named()
    for number, extent in enumerate(extents):
        values[f"source{number}"] = extent.source
        part = f"orders.source = :source{number}"
        if not extent.is_whole:
            values[f"keys{number}"] = connection.many(sorted(extent.keys))
            values[f"scopes{number}"] = connection.many(sorted(extent.scopes))
            part += f""" and ({connection.among("orders.key", f":keys{number}")}
                or {connection.shares("orders.scopes", f":scopes{number}")})"""
        parts.append(f"({part})")
    return f"({' or '.join(parts)})" if parts else "orders.source = ''", values
