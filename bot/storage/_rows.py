"""Rows to models and back. A column list and its reader stand together, so that they cannot drift apart."""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from bot.model.change import Severity
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.order import Depth, Order, Snapshot, Stage
from bot.model.outbox import Notification, State
from bot.model.poll import Health, OrderState, Payload
from bot.model.view import Found, OrderRow, Told, Waiting

Row = tuple[Any, ...]

STATE_COLUMNS = "key, seq, stage, depth, raw_digest, list_digest, missing, vanished, scopes, next_poll_at, doubt, due"
SNAPSHOT_COLUMNS = "key, seq, seen_at, digest, promises, snapshot"
FOUND_COLUMNS = f"{SNAPSHOT_COLUMNS}, changed_at, vanished, scopes, next_poll_at"
ORDER_COLUMNS = (
    "source, key, number, reference, status, stage, delivery_promised, tracking, seq, vanished, changed_at, due"
)
NOTIFICATION_COLUMNS = (
    "id, key, destination, state, source, order_key, kinds, route, created_at, severity, gather_until, held_for, "
    "first_try_at, not_before, gathered, merged_into, attempts, parts_sent, unclear, reason, message"
)
WAITING_COLUMNS = (
    "id, source, order_key, severity, created_at, gather_until, not_before, held_for, "
    "first_try_at is not null or attempts > 0 or parts_sent > 0, gathered is not null"
)
HEALTH_COLUMNS = (
    "source, failures, successes, failing_since, told, reason, last_ok_at, retry_at, stale_answers, "
    "unreachable, together, answering_since, caught_up, found, spent_limit, spent_until"
)

_ZEROS_IN_FRONT = re.compile(r"(^|/)0+")
# Its usual 256 kB zlib fetches from the system for each payload: that takes twice as long as packing a small one.
_WINDOW_BITS, _MEMORY_LEVEL = 14, 6
_STAGES = {stage.value: stage for stage in Stage}
_SEVERITIES = {severity.value: severity for severity in Severity}
_DEPTHS = {depth.value: depth for depth in Depth}


def order_states(rows: Iterable[Row]) -> list[OrderState]:
    """Rows of STATE_COLUMNS. Rows with the same scopes, or day, share one: orders are many."""
    shared: dict[str, tuple[str, ...]] = {}
    days: dict[Moment | None, Moment | None] = {}
    states = []
    for key, seq, stage, depth, raw_digest, list_digest, missing, vanished, scopes, next_poll_at, doubt, due in rows:
        known = shared.get(scopes)
        if known is None:
            known = shared[scopes] = tuple(json.loads(scopes))
        states.append(
            OrderState(
                key,
                seq,
                _STAGES[stage],
                _DEPTHS[depth],
                raw_digest,
                list_digest,
                missing,
                bool(vanished),
                known,
                next_poll_at,
                doubt=doubt,
                due=days.setdefault(due, due),
            )
        )
    return states


def snapshot_of(row: Row) -> Snapshot:
    """A row of SNAPSHOT_COLUMNS of an order that has a version."""
    _, seq, seen_at, digest, promises, order = row
    return Snapshot(
        order=Order.model_validate_json(order),
        seq=seq,
        seen_at=seen_at,
        digest=digest,
        promises=json.loads(promises) if promises else {},
    )


def found_of(row: Row) -> Found:
    """A row of FOUND_COLUMNS."""
    return Found(snapshot_of(row[:6]), row[6], bool(row[7]), tuple(json.loads(row[8])), row[9])


def told_of(row: Row) -> Told:
    """A row of what `told` of a store asks for."""
    id_, destination, state, kinds, *plain, severity, gather_until, held_for, is_tried, others, told_by = row
    route, created_at, not_before, settled_at, reason = plain
    return Told(
        id_,
        destination,
        State(state),
        tuple(json.loads(kinds)),
        route,
        created_at,
        not_before,
        settled_at,
        reason,
        Severity(severity),
        gather_until,
        held_for,
        bool(is_tried),
        others,
        State(told_by) if told_by else None,
    )


def order_row(row: Row) -> OrderRow:
    """A row of ORDER_COLUMNS of an order that has a version."""
    source, key, number, reference, status, stage, promised, tracking, seq, vanished, changed_at, due = row
    return OrderRow(
        source=source,
        key=key,
        number=number,
        reference=reference,
        status=status,
        stage=_STAGES[stage],
        delivery_promised=promised,
        tracking=tuple(json.loads(tracking)),
        seq=seq,
        vanished=bool(vanished),
        changed_at=changed_at,
        due=due,
    )


def notification_of(row: Row) -> Notification:
    """A row of NOTIFICATION_COLUMNS."""
    columns = dict(zip(NOTIFICATION_COLUMNS.split(", "), row, strict=True))
    columns["order"] = columns.pop("order_key")
    columns["kinds"] = tuple(json.loads(columns["kinds"]))
    columns["message"] = Message.model_validate_json(columns["message"])
    columns["state"] = State(columns["state"])
    columns["unclear"] = bool(columns["unclear"])
    return Notification(**columns)


def waiting_of(row: Row) -> Waiting:
    """A row of WAITING_COLUMNS."""
    id_, source, order, severity, created_at, gather_until, not_before, held_for, is_tried, is_gathered = row
    return Waiting(
        id=id_,
        source=source,
        order=order,
        severity=_SEVERITIES[severity],
        created_at=created_at,
        gather_until=gather_until,
        not_before=not_before,
        held_for=held_for,
        is_tried=bool(is_tried),
        is_gathered=bool(is_gathered),
    )


def health_of(row: Row) -> Health:
    """A row of HEALTH_COLUMNS."""
    columns = dict(zip(HEALTH_COLUMNS.split(", "), row, strict=True))
    for name in ("told", "unreachable", "together", "caught_up"):
        columns[name] = bool(columns[name])
    return Health(**columns)


def payload_of(media_type: str, raw: bytes) -> Payload:
    """What `raw_of` made of a payload, as it was."""
    return Payload(zlib.decompress(raw), media_type)


def raw_of(payload: Payload) -> bytes:
    """The body of a payload, compressed with zlib, in a third of the time that a tenth less would take."""
    packer = zlib.compressobj(zlib.Z_BEST_SPEED, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return packer.compress(payload.body) + packer.flush()


def write_list(values: Iterable[str]) -> str:
    """JSON text of a list, with letters as they are: people read it."""
    return to_json(list(values)).decode()


def write_object(value: Mapping[str, Any]) -> str:
    """JSON text of an object, with letters as they are."""
    return to_json(value).decode()


def tracking_numbers(order: Order) -> Sequence[str]:
    """The tracking numbers of an order as its source writes them, each once."""
    numbers = (package.tracking_number for shipment in order.shipments for package in shipment.packages)
    return tuple(dict.fromkeys(number for number in numbers if number))


def folded(name: str) -> str:
    """A name as it is looked up: without blanks, zeros in front (also of `FR/0045`), and regard to case."""
    return _ZEROS_IN_FRONT.sub(r"\1", "".join(name.split()).casefold())
