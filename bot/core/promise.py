"""When an order is promised for, and whether that day has passed."""

from datetime import date, datetime, time, timedelta, tzinfo

from bot.model.moment import Moment, day_of, from_day, from_instant
from bot.model.order import Order


def due(order: Order) -> Moment | None:
    """The next delivery promised of an open order: the earliest of its open parts, else of the order; None: none."""
    if order.status.stage.is_final:
        return None
    closed = {line.key for line in order.lines if line.status and line.status.stage.is_final}
    dates = [line.delivery_promised for line in order.lines if line.key not in closed]
    for shipment in order.shipments:
        is_final = bool(shipment.status and shipment.status.stage.is_final)
        if not is_final and shipment.line not in closed:
            dates.append(shipment.delivery_promised)
    return min((day for day in dates if day), default=order.delivery_promised)


def days_late(moment: Moment | None, today: date, zone: tzinfo) -> int:
    """Whole days that a promise is past; 0 while it is not."""
    return max(0, (today - day_of(moment, zone)).days) if moment else 0


def day_bounds(day: date, zone: tzinfo) -> tuple[Moment, Moment]:
    """A day as both forms of a Moment know its beginning: the day, and the instant at which it begins in `zone`."""
    return from_day(day), from_instant(datetime.combine(day, time(), zone))


def days_after(day: date, days: int) -> date:
    """The day that many days later."""
    return day + timedelta(days=days)
