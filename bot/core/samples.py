"""Made-up news of every kind, so that people see what their messages look like before the first one comes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bot.core import notices
from bot.core.words import Words
from bot.errors import Problem
from bot.model.change import Basis, Change, Kind, Notice
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.order import LineItem, Order, Package, Shipment, Stage, Status
from bot.model.poll import Health

SEEN = Moment("2026-11-24T09:30:00Z")
_PROMISED = Moment("2026-11-30")
_EARLIER, _LATER, _FIRST = Moment("2026-11-27"), Moment("2026-12-03"), Moment("2026-11-25")
_SINCE = Moment("2026-11-12T08:00:00Z")
_IN_PRODUCTION = Status(code="IN_PROD", text="In production", stage=Stage.IN_PROGRESS)
_SHIPPED = Status(code="SHIPPED", text="Shipped", stage=Stage.SHIPPED)
_DELIVERED = Status(code="DELIVERED", text="Delivered", stage=Stage.COMPLETED)
_CANCELLED = Status(code="CANCELLED", text="Cancelled", stage=Stage.CANCELLED)
_PARCEL = Package(
    key="JD0140061234", carrier="DHL", tracking_number="JD0140061234", tracking_url="https://track.example/JD0140061234"
)
_STATUSES = {
    Kind.COMPLETED: _DELIVERED,
    Kind.NO_TRACKING: _DELIVERED,
    Kind.CANCELLED: _CANCELLED,
    Kind.CANCELLED_AFTER_DISPATCH: _CANCELLED,
    Kind.CLOSED: _DELIVERED,
    Kind.DISPATCHED: _SHIPPED,
    Kind.NOT_MOVING: _SHIPPED,
    Kind.TRACKING_ADDED: _SHIPPED,
    Kind.TRACKING_REPLACED: _SHIPPED,
}
_TOLD = {
    Kind.SLIPPED: _LATER,
    Kind.MOVED_EARLIER: _EARLIER,
    Kind.DUE_TODAY: Moment("2026-11-24"),
    Kind.OVERDUE: Moment("2026-11-20"),
}
"""What is promised where the news itself is about a promise."""
_CHANGES = {
    Kind.APPEARED: Change(kind=Kind.APPEARED, after="In production"),
    Kind.STATUS: Change(kind=Kind.STATUS, before="Confirmed", after="In production"),
    Kind.COMPLETED: Change(kind=Kind.COMPLETED, before="Shipped", after="Delivered"),
    Kind.CANCELLED: Change(kind=Kind.CANCELLED, before="In production", after="Cancelled"),
    Kind.MOVED_BACKWARDS: Change(kind=Kind.MOVED_BACKWARDS, before="Shipped", after="In production"),
    Kind.DISPATCHED: Change(kind=Kind.DISPATCHED, line="000010", shipment="1", at=Moment("2026-11-24T08:05:00Z")),
    Kind.UNDISPATCHED: Change(kind=Kind.UNDISPATCHED, line="000010", shipment="1"),
    Kind.TRACKING_ADDED: Change(kind=Kind.TRACKING_ADDED, line="000010", after="JD0140061234", package=_PARCEL),
    Kind.TRACKING_REPLACED: Change(
        kind=Kind.TRACKING_REPLACED, line="000010", before="JD0140009999", after="JD0140061234", package=_PARCEL
    ),
    Kind.TRACKING_REMOVED: Change(kind=Kind.TRACKING_REMOVED, line="000010", before="JD0140009999"),
    Kind.PROMISE_MOVED: Change(
        kind=Kind.PROMISE_MOVED, line="000010", field="delivery_promised", before=_PROMISED, after=_LATER
    ),
    Kind.SLIPPED: Change(
        kind=Kind.SLIPPED, field="delivery_promised", before=_PROMISED, after=_LATER, first=_FIRST, days=8
    ),
    Kind.MOVED_EARLIER: Change(
        kind=Kind.MOVED_EARLIER, field="delivery_promised", before=_PROMISED, after=_EARLIER, days=3
    ),
    Kind.LINE_ADDED: Change(kind=Kind.LINE_ADDED, line="000030", after="LC1D09M7"),
    Kind.LINE_CHANGED: Change(
        kind=Kind.LINE_CHANGED, line="000010", field="product", before="LC1D09M7", after="LC1D12M7"
    ),
    Kind.LINE_CANCELLED: Change(kind=Kind.LINE_CANCELLED, line="000020", before="LC1D09M7"),
    Kind.QUANTITY: Change(kind=Kind.QUANTITY, line="000010", before="5", after="4"),
    Kind.OTHER: Change(kind=Kind.OTHER, field="delivery.incoterm", before="EXW", after="DAP"),
    Kind.STUCK: Change(
        kind=Kind.STUCK, before="In production", at=_SINCE, days=8, limit=4, basis=Basis.LEARNED, again=1
    ),
    Kind.DUE_TODAY: Change(kind=Kind.DUE_TODAY, after=_TOLD[Kind.DUE_TODAY]),
    Kind.OVERDUE: Change(kind=Kind.OVERDUE, after=_TOLD[Kind.OVERDUE], days=4),
    Kind.CLOSED: Change(kind=Kind.CLOSED, days=18, slips=2, moves=9),
    Kind.NOT_MOVING: Change(kind=Kind.NOT_MOVING, at=_SINCE, days=8),
}


_DOWN = Health(
    "panels",
    failures=3,
    failing_since=Moment("2026-11-24T08:00:00Z"),
    retry_at=Moment("2026-11-24T09:40:00Z"),
    reason="GET /orders: 503 Service Unavailable",
)
_BACK = replace(_DOWN, failures=0, answering_since=SEEN, found=12, caught_up=True)
_WRONG = Problem("watchlists.yaml", 12, "destinations.ops.chat", "'slak' is no kind there is; did you mean 'slack'?")
_NOTICES: dict[Notice, Callable[[Words], Message]] = {
    Notice.NOW_WATCHING: partial(notices.now_watching, "plant 3", "panels", 1204, ["0045009999"], 12, 3),
    Notice.SOURCE_FAILING: partial(notices.source_failing, "panels", _DOWN),
    Notice.SOURCE_RECOVERED: partial(notices.source_recovered, "panels", _BACK),
    Notice.NETWORK_DOWN: partial(notices.network_down, [_DOWN, replace(_DOWN, source="shop")]),
    Notice.NETWORK_BACK: partial(notices.network_back, [_BACK], [replace(_DOWN, source="shop")]),
    Notice.UNKNOWN_STATUS: partial(notices.unknown_status, "panels", "Awaiting crane", "0045001234"),
    Notice.SCHEMA_DRIFT: partial(notices.schema_drift, "panels", "promised delivery dates"),
    Notice.UNREADABLE_ORDER: partial(notices.unreadable_order, "panels", "0045001234", "no order number in the answer"),
    Notice.DEAD_LETTER: partial(notices.dead_letter, "sales", "dispatched", "0045001234", "telegram: chat not found"),
    Notice.DESTINATION_BROKEN: partial(notices.destination_broken, "sales", "telegram: chat not found", 24),
    Notice.CONFIG_REFUSED: partial(notices.config_refused, [_WRONG]),
    Notice.CONFIG_RELOADED: partial(notices.config_reloaded, "watchlists.yaml"),
    Notice.LOOP_FAILING: partial(notices.loops_failing, {"janitor": "StorageError: orderwatch.db: the disk is full"}),
    Notice.NOT_LISTENING: partial(notices.not_listening, "slack", "slack: token_revoked: renew `app_token`"),
}


def sample_notice(kind: Notice, words: Words) -> Message:
    """What a notice of that kind says."""
    return _NOTICES[kind](words).model_copy(update={"language": words.language})


def sample(kind: Kind) -> tuple[Order, Change]:
    """An order, and news of that kind about it."""
    status = _STATUSES.get(kind, _IN_PRODUCTION)
    shipment = Shipment(key="1", number="1", dispatched=status is not _IN_PRODUCTION, packages=(_PARCEL,))
    order = Order(
        source="sample",
        key="0045001234",
        number="0045001234",
        reference="778",
        status=status,
        delivery_promised=_TOLD.get(kind, _PROMISED),
        cancel_reason="discontinued" if status is _CANCELLED else None,
        lines=(LineItem(key="000010", number="000010", product="LC1D09M7", quantity="5"),),
        shipments=(shipment,),
    )
    return order, _CHANGES.get(kind, Change(kind=kind))
