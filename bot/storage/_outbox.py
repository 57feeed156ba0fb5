"""What is owed to people: read, gathered, claimed and settled, as functions of a connection."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.errors import StorageError
from bot.model.change import Change
from bot.model.moment import Moment
from bot.model.outbox import Gathering, NewNotification, Notification, Settlement, State, WithChanges
from bot.model.sending import Thread
from bot.model.view import Owed, Waiting
from bot.storage._connection import Connection, insert, put
from bot.storage._record_rows import NOTIFICATION_ROW, notification_rows
from bot.storage._rows import (
    NOTIFICATION_COLUMNS,
    WAITING_COLUMNS,
    notification_of,
    waiting_of,
    write_list,
    write_object,
)

# Column lists are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_THREAD_COLUMNS = "destination, source, key, place, message_id, says, told_at"
_MESSAGE_COLUMNS = ("notification_id", "part", "destination", "message_id", "sent_at")
_ADD = f"{insert('notifications', NOTIFICATION_ROW)} on conflict (key) do nothing"
_WRITE_MESSAGE = put("messages", _MESSAGE_COLUMNS, ("notification_id", "part"))
_WRITE_THREAD = put("threads", _THREAD_COLUMNS.split(", "), ("destination", "source", "key"))
_OPEN = "state in ('pending', 'sending')"


async def owed(connection: Connection) -> list[Owed]:
    """Destinations with open notifications, by name."""
    rows = await connection.rows(
        f"""select destination, count(*), max(id) from notifications {connection.along("notifications_open")}
            where {_OPEN} group by destination order by destination"""
    )
    return [Owed(*row) for row in rows]


async def waiting(connection: Connection, destination: str, limit: int) -> list[Waiting]:
    """The first open notifications of a destination; and the urgent ones, with all that is open of their orders."""
    first = f"""select {WAITING_COLUMNS} from notifications {connection.along("notifications_open")}
        where destination = :destination and {_OPEN} order by id limit :limit"""
    urgent = f"""select {WAITING_COLUMNS} from notifications {connection.along("notifications_urgent")}
        where destination = :destination and {_OPEN} and severity = 'urgent'"""
    beside = f"""select {WAITING_COLUMNS} from notifications {connection.along("notifications_by_order")}
        where source = :source and order_key = :order and destination = :destination and {_OPEN}"""
    values = {"destination": destination, "limit": limit}
    rows = await connection.rows(first, values)
    if len(rows) == limit:
        known = {row[0] for row in rows}
        found = await connection.rows(urgent, values)
        orders = {row[1:3] for row in found if row[2] is not None}
        for source, order in orders:
            found += await connection.rows(beside, {**values, "source": source, "order": order})
        rows += {row[0]: row for row in found if row[0] not in known}.values()
    return [waiting_of(row) for row in sorted(rows)]


async def news(connection: Connection, ids: Sequence[int]) -> list[WithChanges]:
    """These notifications by id, each with the changes it tells."""
    wanted = connection.many(ids)
    changes: dict[int, list[Change]] = defaultdict(list)
    found = await connection.rows(
        f"""select changes.id, notifications.id, kinds, kind, change from notifications
            join changes on changes.source = notifications.source and changes.key = notifications.order_key
                and changes.seq = notifications.seq and changes.seen_at = notifications.created_at
            where {connection.among("notifications.id")}""",
        (wanted,),
    )
    for _, id_, kinds, kind, change in sorted(found):
        if kind in json.loads(kinds):
            changes[id_].append(Change.model_validate_json(change))
    rows = await connection.rows(
        f"select {NOTIFICATION_COLUMNS} from notifications where {connection.among('id')}", (wanted,)
    )
    return [WithChanges(row=row, changes=tuple(changes[row.id])) for row in map(notification_of, sorted(rows))]


async def thread(connection: Connection, destination: str, source: str, order: str) -> Thread | None:
    """The thread of an order there, if it has one."""
    row = await connection.row(
        f"select {_THREAD_COLUMNS} from threads where destination = ? and source = ? and key = ?",
        (destination, source, order),
    )
    return None if row is None else Thread(**dict(zip(Thread.model_fields, row, strict=True)))


async def add_notifications(
    connection: Connection, notifications: Sequence[NewNotification], versions: Mapping[str, int]
) -> bool:
    """Add those whose key is new, each with the version of its order from `versions`. Returns whether any was."""
    return await connection.each(_ADD, notification_rows(notifications, versions)) > 0


async def gather(connection: Connection, gathering: Gathering) -> bool:
    """Make several notifications one. False, and nothing is written, when one of them is not waiting untried."""
    ids = [*gathering.merged, *((gathering.leader,) if gathering.leader is not None else ())]
    untried = await connection.rows(
        f"""select id from notifications where {connection.among("id")} and state = 'pending'
            and first_try_at is null and attempts = 0 and parts_sent = 0 and gathered is null {connection.locked}""",
        (connection.many(ids),),
    )
    if len(untried) != len(ids):
        return False
    await connection.each(
        "update notifications set state = 'merged', merged_into = ?, reason = ?, settled_at = ? where id = ?",
        [(gathering.leader, reason, gathering.at, id_) for id_, reason in gathering.merged.items()],
    )
    if gathering.message is not None:
        await connection.run(
            """update notifications set gathered = ?, kinds = ?, route = ?, severity = ?, message = ?,
                gather_until = null, not_before = null where id = ?""",
            (
                gathering.shape.value,
                write_list(gathering.kinds),
                gathering.route,
                gathering.severity.value,
                gathering.message.model_dump_json(exclude_none=True),
                gathering.leader,
            ),
        )
    return True


async def claim(connection: Connection, ids: Sequence[int], now: Moment) -> list[Notification]:
    """Mark those of `ids` that are open as being sent, and return them, by id, as they then are."""
    rows = await connection.rows(
        f"""select {NOTIFICATION_COLUMNS} from notifications
            where {connection.among("id")} and {_OPEN} {connection.locked}""",
        (connection.many(ids),),
    )
    claimed: list[Notification] = []
    for found in map(notification_of, sorted(rows)):
        changes = {
            "unclear": found.unclear or found.state is State.SENDING,
            "state": State.SENDING,
            "first_try_at": found.first_try_at or now,
        }
        claimed.append(found.model_copy(update=changes))
    await connection.each(
        "update notifications set state = 'sending', first_try_at = ?, unclear = ? where id = ?",
        [(each.first_try_at, each.unclear, each.id) for each in claimed],
    )
    return claimed


async def settle(connection: Connection, settlements: Sequence[Settlement]) -> bool:
    """Write what became of notifications. Returns whether notices were added. Raises StorageError for an unknown id."""
    added = False
    for settlement in settlements:
        destination = await _settle_row(connection, settlement)
        first = settlement.parts_sent - len(settlement.message_ids) + 1
        await connection.each(
            _WRITE_MESSAGE,
            [
                (settlement.id, part, destination, message_id, settlement.at)
                for part, message_id in enumerate(settlement.message_ids, first)
            ],
        )
        if settlement.thread is not None:
            await connection.run(_WRITE_THREAD, tuple(settlement.thread.model_dump().values()))
        if move := settlement.moved:
            await connection.run(
                put("destinations", ("name", "moved_from", "moved_to", "moved_at"), ("name",)),
                (destination, write_object(move.old), write_object(move.new), settlement.at),
            )
        added = await add_notifications(connection, settlement.notices, {}) or added
    return added


async def _settle_row(connection: Connection, settlement: Settlement) -> str:
    """Write the row, and return the name of its destination."""
    is_open = settlement.state in (State.PENDING, State.SENDING)
    row = await connection.row(
        """update notifications set state = ?, attempts = ?, parts_sent = ?, not_before = ?, reason = ?, unclear = ?,
            settled_at = ? where id = ? returning destination""",
        (
            settlement.state.value,
            settlement.attempts,
            settlement.parts_sent,
            settlement.not_before,
            settlement.reason,
            settlement.unclear,
            None if is_open else settlement.at,
            settlement.id,
        ),
    )
    if row is None:
        raise StorageError(
            f"there is no notification {settlement.id}; nothing was settled, look at `orderwatch outbox list`"
        )
    return str(row[0])
