"""What the operator says that status words mean, applied to orders that were read before it was said."""

import json
from collections.abc import Mapping

from bot.core.promise import due
from bot.model.moment import Moment
from bot.model.order import Order, Stage, Status, normal_word
from bot.storage._connection import Connection, put

BATCH = 500
"""Orders in one transaction."""


async def is_applied(connection: Connection, source: str, statuses: Mapping[str, Stage]) -> bool:
    """Whether the orders of a source have been read by this very table."""
    row = await connection.row("select statuses from readings where source = ?", (source,))
    return bool((row[0] if row else "{}") == _text_of(statuses))


async def note_applied(connection: Connection, source: str, statuses: Mapping[str, Stage]) -> None:
    """Remember by which table the orders of a source have been read."""
    await connection.run(put("readings", ("source", "statuses"), ("source",)), (source, _text_of(statuses)))


async def read_again(
    connection: Connection, source: str, statuses: Mapping[str, Stage], after: str
) -> tuple[int, str | None]:
    """Read the stages of the next orders by key; how many became others, and the last key, None at the end."""
    table = _table_of(statuses)
    rows = await connection.rows(
        """select key, snapshot from orders where source = ? and key > ? and snapshot is not null
            order by key limit ?""",
        (source, after, BATCH),
    )
    changed = [(*columns, source, key) for key, text in rows if (columns := _read_anew(text, table))]
    await connection.each("update orders set stage = ?, due = ?, snapshot = ? where source = ? and key = ?", changed)
    return len(changed), rows[-1][0] if len(rows) == BATCH else None


def _table_of(statuses: Mapping[str, Stage]) -> dict[str, Stage]:
    """A table by words as they are compared."""
    return {normal_word(word): stage for word, stage in statuses.items()}


def _read_anew(text: str, table: Mapping[str, Stage]) -> tuple[str, Moment | None, str] | None:
    """Stage, day due and snapshot of a stored order as the table reads it; None where nothing becomes another."""
    if not _mentions(json.loads(text), table):
        return None
    before = Order.model_validate_json(text)
    order = _read_by(before, table)
    if order == before:
        return None
    return order.status.stage.value, due(order), order.model_dump_json(exclude_none=True)


def _mentions(order: dict[str, object], table: Mapping[str, Stage]) -> bool:
    """Whether a status of a stored order is in the table. Cheaper than to read the order as one."""
    parts = [order, *_objects(order.get("lines")), *_objects(order.get("shipments"))]
    statuses = [status for part in parts if isinstance(status := part.get("status"), dict)]
    return any(normal_word(word) in table for each in statuses for word in each.values() if isinstance(word, str))


def _objects(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _read_by(order: Order, table: Mapping[str, Stage]) -> Order:
    return order.model_copy(
        update={
            "status": _meant(order.status, table),
            "lines": tuple(
                line.model_copy(update={"status": line.status and _meant(line.status, table)}) for line in order.lines
            ),
            "shipments": tuple(
                each.model_copy(update={"status": each.status and _meant(each.status, table)})
                for each in order.shipments
            ),
        }
    )


def _meant(status: Status, table: Mapping[str, Stage]) -> Status:
    words = [normal_word(word) for word in (status.code, status.text) if word]
    stage = next((table[word] for word in words if word in table), status.stage)
    return status.model_copy(update={"stage": stage})


def _text_of(statuses: Mapping[str, Stage]) -> str:
    """A table as text: the same for the same table."""
    return json.dumps({normal_word(word): stage.value for word, stage in statuses.items()}, sort_keys=True)
