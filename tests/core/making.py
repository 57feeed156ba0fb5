"""Values for tests, each with sound defaults, so that a test spells out only what it is about."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.core.digest import order_digest
from bot.core.plan import Sight
from bot.core.telling import Telling
from bot.model.change import Kind
from bot.model.message import Line, Link, Message, Text
from bot.model.moment import Moment, from_instant
from bot.model.order import Depth, LineItem, Order, Package, Shipment, Snapshot, Stage, Status
from bot.model.outbox import Notification, State
from bot.model.poll import OrderState, Payload
from bot.model.route import Route
from bot.model.watch import Watchlist

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
OPS = Route(to=("ops",), label="notify[0]")


def status(text: str, stage: Stage = Stage.UNKNOWN, code: str | None = None) -> Status:
    return Status(code=code, text=text, stage=stage)


CONFIRMED = status("Confirmed", Stage.CONFIRMED)
SHIPPED = status("Shipped", Stage.SHIPPED)
DELIVERED = status("Delivered", Stage.COMPLETED)


def line(number: str = "000010", **members: object) -> LineItem:
    return LineItem.model_validate({"key": number, "number": number, "product": "LC1D09M7", "quantity": "5", **members})


def package(number: str, **members: object) -> Package:
    return Package.model_validate({"key": number, "tracking_number": number, "carrier": "DHL", **members})


def shipment(key: str = "s1", **members: object) -> Shipment:
    return Shipment.model_validate({"key": key, "dispatched": False, **members})


def order(**members: object) -> Order:
    defaults = {"source": "panels", "key": "FR/4500123", "number": "4500123", "status": CONFIRMED}
    return Order.model_validate({**defaults, **members})


def header(**members: object) -> Order:
    return order(depth=Depth.HEADER, **members)


def snapshot(of: Order, seq: int = 1) -> Snapshot:
    return Snapshot(order=of, seq=seq, seen_at=Moment("2026-11-24T09:00:00Z"), digest=order_digest(of))


def watchlist(name: str = "all panels", **members: object) -> Watchlist:
    return Watchlist.model_validate({"name": name, "source": "panels", "orders": None, **members})


TELLING = Telling(
    source="panels", label="panels (Schneider)", zone=ZoneInfo("Europe/Paris"), catch_all=(OPS,), operators=("desk",)
)


def sight(before: Order | None, after: Order, **members: object) -> Sight:
    known = {
        "state": OrderState(after.key, seq=1 if before else 0),
        "previous": snapshot(before) if before else None,
        "order": after,
        "payload": Payload(b"{}"),
        "watchlists": [watchlist()],
    }
    return Sight(**{**known, **members})  # type: ignore[arg-type]  # tests name the members they are about


def notification(**members: object) -> Notification:
    defaults = {
        "id": 1, "key": "k1", "destination": "ops", "source": "panels", "order": "FR/4500123",
        "kinds": (Kind.STATUS.value,), "route": "notify[0]", "created_at": from_instant(NOW), "state": State.SENDING,
        "first_try_at": from_instant(NOW), "message": Message(headline=Line(spans=(Text(text="hello"),))),
    }  # fmt: skip
    return Notification.model_validate({**defaults, **members})


def words(message: Message) -> str:
    """A message as plain text, one line a line."""
    lines = [message.headline, *message.body, *([message.footer] if message.footer else [])]
    return "\n".join("".join(_span(span) for span in one.spans) for one in lines)


def _span(span: object) -> str:
    if isinstance(span, Text):
        return span.text
    if isinstance(span, Link):
        return f"{span.text} ({span.url})"
    return str(getattr(span, "at", ""))
