"""Small records for storage tests: an order's next version, a message owed, what became of it."""

from collections.abc import Sequence

from bot.model.change import Change, Kind
from bot.model.message import Line, Message, Text
from bot.model.moment import Moment
from bot.model.order import Order, Package, Shipment, Snapshot, Stage, Status
from bot.model.outbox import NewNotification, Notification, Settlement, State
from bot.model.poll import OrderUpdate, Payload, PollRecord
from bot.model.sending import Thread
from bot.outbox import Outbox

NINE = Moment("2026-01-05T09:00:00Z")
TEN = Moment("2026-01-05T10:00:00Z")
ELEVEN = Moment("2026-01-05T11:00:00Z")

THREAD = Thread(
    destination="ops", source="panels", order="FR/1", place='{"channel": "C1"}', message_id="m1", says="s", told_at=NINE
)


def an_order(
    key: str = "FR/1", *, source: str = "panels", stage: Stage = Stage.PLACED, tracking: Sequence[str] = ()
) -> Order:
    """An order with a parcel for each tracking number."""
    packages = tuple(Package(key=number, tracking_number=number) for number in tracking)
    return Order(
        source=source,
        key=key,
        number=f"No {key}",
        reference=f"PO {key}",
        status=Status(code="X1", text="As the source says", stage=stage),
        delivery_promised=Moment("2026-02-01"),
        shipments=(Shipment(key="1", packages=packages),) if packages else (),
    )


def an_update(order: Order, seq: int = 1, *, at: Moment = NINE, body: bytes | None = b'{"a": 1}') -> OrderUpdate:
    """Version `seq` of an order, with one change."""
    return OrderUpdate(
        key=order.key,
        expected_seq=seq - 1,
        snapshot=Snapshot(order=order, seq=seq, seen_at=at, digest=f"digest-{seq}"),
        payload=None if body is None else Payload(body),
        changes=(Change(kind=Kind.STATUS, before="open", after="shipped"),),
    )


def news(
    key: str, destination: str = "ops", *, order: str | None = None, text: str = "Order 1: shipped"
) -> NewNotification:
    """A message owed."""
    return NewNotification(
        key=key,
        destination=destination,
        source="panels",
        order=order,
        kinds=("status",),
        route="watchlists.panels.notify[0]",
        message=Message(headline=Line(spans=(Text(text=text),))),
        created_at=NINE,
    )


def a_record(
    *updates: OrderUpdate, tell: Sequence[NewNotification] = (), source: str = "panels", at: Moment = NINE
) -> PollRecord:
    """What a poll of these orders writes."""
    return PollRecord(source=source, at=at, updates=updates, notifications=tuple(tell))


def sent(id_: int, *message_ids: str, at: Moment = TEN) -> Settlement:
    """A notification that was accepted, in as many parts as there are ids."""
    return Settlement(id=id_, state=State.SENT, attempts=1, parts_sent=len(message_ids), at=at, message_ids=message_ids)


def again(id_: int, not_before: Moment | None, *, unclear: bool = False) -> Settlement:
    """A notification that has to be tried again."""
    return Settlement(
        id=id_,
        state=State.PENDING,
        attempts=1,
        parts_sent=0,
        at=TEN,
        not_before=not_before,
        reason="slack: no answer",
        unclear=unclear,
    )


async def claimed(store: Outbox, destination: str, count: int, *, now: Moment) -> Sequence[Notification]:
    """The first open notifications of a destination, claimed."""
    waiting = await store.waiting(destination, limit=count)
    return await store.claim([row.id for row in waiting[:count]], now=now)
