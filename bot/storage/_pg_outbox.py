"""What is owed to people, in PostgreSQL: read, gathered, claimed and settled, as functions of a connection."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.errors import StorageError
from bot.model.change import Change
from bot.model.moment import Moment
from bot.model.outbox import Gathering, NewNotification, Notification, Settlement, State, WithChanges
from bot.model.sending import Thread
from bot.model.view import Owed, Waiting
from bot.storage._pg_connections import Connection
from bot.storage._record_rows import NOTIFICATION_ROW, insert, notification_rows
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
_ADD = f"{insert('notifications', NOTIFICATION_ROW, '%s')} on conflict (key) do nothing"
_OPEN = "state in ('pending', 'sending')"


async def owed(connection: Connection) -> list[Owed]:
    """Destinations with open notifications, by name."""
    rows = await connection.execute(
        f"select destination, count(*), max(id) from notifications where {_OPEN} group by destination"
    )
    return [Owed(*row) for row in sorted(await rows.fetchall())]


async def waiting(connection: Connection, destination: str, limit: int) -> list[Waiting]:
    """The first open notifications of a destination; and the urgent ones, with all that is open of their orders."""
    values = {"destination": destination, "limit": limit}
    first = await connection.execute(
        f"""select {WAITING_COLUMNS} from notifications where destination = %(destination)s and {_OPEN}
            order by id limit %(limit)s""",
        values,
    )
    rows = await first.fetchall()
    if len(rows) == limit:
        known = {row[0] for row in rows}
        urgent = await connection.execute(
            f"""select {WAITING_COLUMNS} from notifications
                where destination = %(destination)s and {_OPEN} and severity = 'urgent' order by id""",
            values,
        )
        found = await urgent.fetchall()
        orders = {row[1:3] for row in found if row[2] is not None}
        for source, order in orders:
            beside = await connection.execute(
                f"""select {WAITING_COLUMNS} from notifications
                    where source = %(source)s and order_key = %(order)s
                        and destination = %(destination)s and {_OPEN}""",
                {**values, "source": source, "order": order},
            )
            found += await beside.fetchall()
        rows += {row[0]: row for row in found if row[0] not in known}.values()
    return [waiting_of(row) for row in sorted(rows)]


async def news(connection: Connection, ids: Sequence[int]) -> list[WithChanges]:
    """These notifications by id, each with the changes it tells."""
    changes: dict[int, list[Change]] = defaultdict(list)
    found = await connection.execute(
        """select changes.id, notifications.id, change from notifications
            join changes on changes.source = notifications.source and changes.key = notifications.order_key
                and changes.seq = notifications.seq and changes.seen_at = notifications.created_at
                and notifications.kinds::jsonb ? changes.kind
            where notifications.id = any(%s)""",
        (list(ids),),
    )
    for _, id_, change in sorted(await found.fetchall()):
        changes[id_].append(Change.model_validate_json(change))
    rows = await connection.execute(
        f"select {NOTIFICATION_COLUMNS} from notifications where id = any(%s)", (list(ids),)
    )
    return [
        WithChanges(row=row, changes=tuple(changes[row.id]))
        for row in map(notification_of, sorted(await rows.fetchall()))
    ]


async def thread(connection: Connection, destination: str, source: str, order: str) -> Thread | None:
    """The thread of an order there, if it has one."""
    found = await connection.execute(
        f"select {_THREAD_COLUMNS} from threads where destination = %s and source = %s and key = %s",
        (destination, source, order),
    )
    row = await found.fetchone()
    return None if row is None else Thread(**dict(zip(Thread.model_fields, row, strict=True)))


async def add_notifications(
    connection: Connection, notifications: Sequence[NewNotification], versions: Mapping[str, int]
) -> bool:
    """Add those whose key is new, each with the version of its order from `versions`. Returns whether any was."""
    if not notifications:
        return False
    cursor = connection.cursor()
    await cursor.executemany(_ADD, notification_rows(notifications, versions))
    return bool(cursor.rowcount > 0)


async def gather(connection: Connection, gathering: Gathering) -> bool:
    """Make several notifications one. False, and nothing is written, when one of them is not waiting untried."""
    ids = [*gathering.merged, *((gathering.leader,) if gathering.leader is not None else ())]
    untried = await connection.execute(
        """select id from notifications where id = any(%s) and state = 'pending'
            and first_try_at is null and attempts = 0 and parts_sent = 0 and gathered is null for update""",
        (ids,),
    )
    if len(await untried.fetchall()) != len(ids):
        return False
    cursor = connection.cursor()
    await cursor.executemany(
        "update notifications set state = 'merged', merged_into = %s, reason = %s, settled_at = %s where id = %s",
        [(gathering.leader, reason, gathering.at, id_) for id_, reason in gathering.merged.items()],
    )
    if gathering.message is not None:
        await connection.execute(
            """update notifications set gathered = %s, kinds = %s, route = %s, severity = %s, message = %s,
                gather_until = null, not_before = null where id = %s""",
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
    rows = await connection.execute(
        f"select {NOTIFICATION_COLUMNS} from notifications where id = any(%s) and {_OPEN} for update", (list(ids),)
    )
    claimed: list[Notification] = []
    for found in map(notification_of, sorted(await rows.fetchall())):
        changes = {
            "unclear": found.unclear or found.state is State.SENDING,
            "state": State.SENDING,
            "first_try_at": found.first_try_at or now,
        }
        claimed.append(found.model_copy(update=changes))
    await connection.cursor().executemany(
        "update notifications set state = 'sending', first_try_at = %s, unclear = %s where id = %s",
        [(each.first_try_at, each.unclear, each.id) for each in claimed],
    )
    return claimed


async def settle(connection: Connection, settlements: Sequence[Settlement]) -> bool:
    """Write what became of notifications. Returns whether notices were added. Raises StorageError for an unknown id."""
    added = False
    for settlement in settlements:
        destination = await _settle_row(connection, settlement)
        first = settlement.parts_sent - len(settlement.message_ids) + 1
        await connection.cursor().executemany(
            """insert into messages (notification_id, part, destination, message_id, sent_at)
                values (%s, %s, %s, %s, %s)
                on conflict (notification_id, part) do update set destination = excluded.destination,
                    message_id = excluded.message_id, sent_at = excluded.sent_at""",
            [
                (settlement.id, part, destination, message_id, settlement.at)
                for part, message_id in enumerate(settlement.message_ids, first)
            ],
        )
        if settlement.thread is not None:
            await _remember(connection, settlement.thread)
        if move := settlement.moved:
            await connection.execute(
                """insert into destinations (name, moved_from, moved_to, moved_at) values (%s, %s, %s, %s)
                    on conflict (name) do update set moved_from = excluded.moved_from, moved_to = excluded.moved_to,
                        moved_at = excluded.moved_at""",
                (destination, write_object(move.old), write_object(move.new), settlement.at),
            )
        added = await add_notifications(connection, settlement.notices, {}) or added
    return added


async def _settle_row(connection: Connection, settlement: Settlement) -> str:
    """Write the row, and return the name of its destination."""
    is_open = settlement.state in (State.PENDING, State.SENDING)
    cursor = await connection.execute(
        """update notifications set state = %s, attempts = %s, parts_sent = %s, not_before = %s, reason = %s,
            unclear = %s, settled_at = %s where id = %s returning destination""",
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
    row = await cursor.fetchone()
    if row is None:
        raise StorageError(
            f"there is no notification {settlement.id}; nothing was settled, look at `orderwatch outbox list`"
        )
    return str(row[0])


async def _remember(connection: Connection, thread: Thread) -> None:
    """Keep a thread, in place of an earlier one of its order there."""
    await connection.execute(
        f"""insert into threads ({_THREAD_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s)
            on conflict (destination, source, key) do update set place = excluded.place,
                message_id = excluded.message_id, says = excluded.says, told_at = excluded.told_at""",
        tuple(thread.model_dump().values()),
    )
