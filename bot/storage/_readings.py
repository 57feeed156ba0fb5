"""What the operator says that status words mean, applied to orders that were read before it was said."""

import json
import sqlite3
from collections.abc import Mapping

from bot.core.promise import due
from bot.model.order import Order, Stage, Status, normal_word

_BATCH = 500
"""Orders in one transaction."""


def is_applied(connection: sqlite3.Connection, source: str, statuses: Mapping[str, Stage]) -> bool:
    """Whether the orders of a source have been read by this very table."""
    row = connection.execute("select statuses from readings where source = ?", (source,)).fetchone()
    return (row[0] if row else "{}") == _text(statuses)


def note_applied(connection: sqlite3.Connection, source: str, statuses: Mapping[str, Stage]) -> None:
    """Remember by which table the orders of a source have been read."""
    connection.execute("insert or replace into readings (source, statuses) values (?, ?)", (source, _text(statuses)))


def read_again(
    connection: sqlite3.Connection, source: str, statuses: Mapping[str, Stage], after: str
) -> tuple[int, str | None]:
    """Read the stages of the next orders by key; how many became others, and the last key, None at the end."""
    table = {normal_word(word): stage for word, stage in statuses.items()}
    rows = connection.execute(
        """select key, snapshot from orders where source = ? and key > ? and snapshot is not null
            order by key limit ?""",
        (source, after, _BATCH),
    ).fetchall()
    changed = 0
    for key, text in rows:
        if not _mentions(json.loads(text), table):
            continue
        before = Order.model_validate_json(text)
        order = _read_by(before, table)
        if order != before:
            changed += 1
            connection.execute(
                "update orders set stage = ?, due = ?, snapshot = ? where source = ? and key = ?",
                (order.status.stage.value, due(order), order.model_dump_json(exclude_none=True), source, key),
            )
    return changed, rows[-1][0] if len(rows) == _BATCH else None


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


def _text(statuses: Mapping[str, Stage]) -> str:
    return json.dumps({normal_word(word): stage.value for word, stage in statuses.items()}, sort_keys=True)
