"""What people ask PostgreSQL for by words and filters, as functions of a connection: every list walks an index."""

from collections.abc import Sequence

from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.view import MOST_COUNTED, Extent, Found, OrderRow, Selected, Selection, Told
from bot.storage._pg_connections import Connection
from bot.storage._pg_schema import OPEN_ORDER, STUCK_ORDER
from bot.storage._pg_views import Values, row_of, rows_of
from bot.storage._rows import FOUND_COLUMNS, ORDER_COLUMNS, folded, found_of, order_row, told_of

# Column lists and conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_MOST_FOUND = 50
"""Orders in one parcel, or of one purchase order, that are shown together."""


async def seek(connection: Connection, names: Sequence[str], extents: Sequence[Extent]) -> list[Found]:
    """Orders within the extents that have one of the names; those of the first name that any has."""
    inside, values = within(extents)
    for name in names:
        rows = await rows_of(
            connection,
            f"""select {FOUND_COLUMNS} from order_names as names join orders using (source, key)
                where names.name = %(name)s and {inside} order by source, key limit {_MOST_FOUND}""",
            {**values, "name": folded(name)},
        )
        if rows:
            return [found_of(row) for row in rows]
    return []


async def promised(
    connection: Connection,
    extents: Sequence[Extent],
    start: tuple[Moment, Moment],
    end: tuple[Moment, Moment],
    limit: int,
) -> list[Found]:
    """Open orders whose next delivery is promised from one day until before another, by that."""
    inside, values = within(extents)
    conditions, more = _conditions(Selection(tuple(extents), due_from=start, due_before=end))
    rows = await rows_of(
        connection,
        f"""select {FOUND_COLUMNS} from orders where {" and ".join([*conditions, inside])}
            order by due, source, key limit %(limit)s""",
        {**values, **more, "limit": limit},
    )
    return [found_of(row) for row in rows]


async def finished(
    connection: Connection, extents: Sequence[Extent], stage: Stage, since: Moment, limit: int
) -> list[Found]:
    """Orders of a stage that changed since then, last changed first."""
    inside, values = within(extents)
    rows = await rows_of(
        connection,
        f"""select {FOUND_COLUMNS} from orders where stage = %(stage)s and changed_at >= %(since)s and {inside}
            order by changed_at desc, source desc, key desc limit %(limit)s""",
        {**values, "stage": stage.value, "since": since, "limit": limit},
    )
    return [found_of(row) for row in rows]


async def select(connection: Connection, selection: Selection, limit: int, offset: int) -> Selected:
    """A page of the orders wanted, and how many there are."""
    if selection.waits_for_somebody:
        return await _select_waiting(connection, selection, limit, offset)
    if not any(extent.is_whole or extent.scopes for extent in selection.extents):
        return await _select_named(connection, selection, limit, offset)
    inside, values = within(selection.extents)
    conditions, more = _conditions(selection)
    values |= more
    wanted = f"from orders where {' and '.join([*conditions, inside])}"
    rows = await rows_of(
        connection,
        f"select {ORDER_COLUMNS} {wanted} order by {_walk(selection)} limit %(limit)s offset %(offset)s",
        {**values, "limit": limit, "offset": offset},
    )
    found = tuple(order_row(row) for row in rows)
    total = offset + len(found)
    if len(found) == limit or not found:
        counted = await row_of(connection, f"select count(*) from (select 1 {wanted} limit {MOST_COUNTED})", values)
        total = max(total if found else 0, counted[0] if counted else 0)
    return Selected(found, total)


async def told(connection: Connection, source: str, key: str, limit: int) -> list[Told]:
    """Notifications about one order, newest first."""
    rows = await rows_of(
        connection,
        """select one.id, one.destination, one.state, one.kinds, one.route, one.created_at, one.not_before,
                case when leader.id is null then one.settled_at else leader.settled_at end, one.reason, one.severity,
                one.gather_until, one.held_for, one.first_try_at is not null or one.attempts > 0 or one.parts_sent > 0,
                (select count(*) from notifications as other
                    where other.merged_into = coalesce(one.merged_into, one.id)),
                leader.state
            from notifications as one left join notifications as leader on leader.id = one.merged_into
            where one.source = %s and one.order_key = %s
            order by one.seq desc nulls last, one.id desc limit %s""",
        (source, key, limit),
    )
    return [told_of(row) for row in rows]


async def _select_waiting(connection: Connection, selection: Selection, limit: int, offset: int) -> Selected:
    """Orders about which something waits: these are few, and each is looked up by its key."""
    inside, values = within(selection.extents)
    conditions, more = _conditions(selection)
    rows = await rows_of(
        connection,
        f"""select {ORDER_COLUMNS} from
                (select source as of, key as wanted, min(since) as since from exceptions
                    where acknowledged_at is null group by source, key) as waiting
                join orders on orders.source = waiting.of and orders.key = waiting.wanted
            where {" and ".join([*conditions, inside])} order by waiting.since, orders.source, orders.key""",
        values | more,
    )
    return Selected(tuple(map(order_row, rows[offset : offset + limit])), len(rows))


async def _select_named(connection: Connection, selection: Selection, limit: int, offset: int) -> Selected:
    """Orders that are all named: each is looked up by its key, and there are few enough to sort."""
    conditions, values = _conditions(selection)
    rows: list[OrderRow] = []
    for extent in selection.extents:
        found = await rows_of(
            connection,
            f"""select {ORDER_COLUMNS} from orders
                where source = %(source)s and key = any(%(keys)s) and {" and ".join(conditions)}""",
            {**values, "source": extent.source, "keys": sorted(extent.keys)},
        )
        rows += map(order_row, found)
    if selection.due_before or selection.due_from:
        rows.sort(key=lambda row: (row.due or "", row.source, row.key))
    else:
        oldest_first = selection.unchanged_since is not None or selection.is_stuck
        rows.sort(key=lambda row: (row.changed_at, row.source, row.key), reverse=not oldest_first)
    return Selected(tuple(rows[offset : offset + limit]), len(rows))


def _walk(selection: Selection) -> str:
    """The order of the list, in which an index gives it."""
    if selection.due_before or selection.due_from:
        return "due, source, key"
    if selection.unchanged_since or selection.is_stuck:
        return "changed_at, source, key"
    if selection.changed_since or selection.stage or len(selection.extents) > 1:
        return "changed_at desc, source desc, key desc"
    return "changed_at desc, key desc"


def _conditions(selection: Selection) -> tuple[list[str], Values]:
    by_date, values = bool(selection.due_before or selection.due_from), Values()
    conditions = ["due is not null" if by_date else "changed_at is not null"]
    is_of_open = by_date or selection.unchanged_since or selection.is_stuck
    conditions.append(OPEN_ORDER if is_of_open else "archived_at is null")
    if selection.is_stuck:
        conditions.append(STUCK_ORDER)
    if selection.changed_since:
        # A version may differ in nothing that is news, such as the first one with all details.
        conditions.append(
            """changed_at >= %(changed_since)s and exists (select 1 from changes
                where changes.source = orders.source and changes.key = orders.key
                    and changes.seen_at >= %(changed_since)s)"""
        )
        values["changed_since"] = selection.changed_since
    if selection.due_before:
        conditions += ["due < greatest(%(before)s, %(before_at)s)", _day_or_instant("<", "before")]
        values["before"], values["before_at"] = selection.due_before
    if selection.due_from:
        conditions += ["due >= least(%(start)s, %(start_at)s)", _day_or_instant(">=", "start")]
        values["start"], values["start_at"] = selection.due_from
    if selection.unchanged_since:
        conditions.append("changed_at < %(unchanged_since)s")
        values["unchanged_since"] = selection.unchanged_since
    if selection.stage:
        conditions.append("stage = %(stage)s")
        values["stage"] = selection.stage.value
    return conditions, values


def _day_or_instant(operator: str, bound: str) -> str:
    return f"due {operator} case when length(due) = 10 then %({bound})s else %({bound}_at)s end"


def within(extents: Sequence[Extent]) -> tuple[str, Values]:
    """Whether an order is within any of the extents."""
    parts, values = [], Values()
    for number, extent in enumerate(extents):
        values[f"source{number}"] = extent.source
        part = f"orders.source = %(source{number})s"
        if not extent.is_whole:
            values[f"keys{number}"] = sorted(extent.keys)
            values[f"scopes{number}"] = sorted(extent.scopes)
            part += f""" and (orders.key = any(%(keys{number})s)
                or orders.scopes::jsonb ?| %(scopes{number})s)"""
        parts.append(f"({part})")
    return f"({' or '.join(parts)})" if parts else "false", values
