from zoneinfo import ZoneInfo

import pytest

from bot.core.diff import diff
from bot.core.render import render
from bot.core.samples import sample
from bot.model.change import Change, Kind
from bot.model.message import Link, Message
from bot.model.moment import Moment
from bot.model.order import Order
from tests.core.making import DELIVERED, SHIPPED, line, order, package, shipment, status, words

SEEN = Moment("2026-11-24T09:30:00Z")


def said(before: Order, after: Order) -> Message:
    return render(after, diff(before, after), source="panels (Schneider)", seen_at=SEEN, zone=ZoneInfo("Europe/Paris"))


def test_the_first_line_says_what_happened_to_which_order_from_what_to_what() -> None:
    first = words(said(order(), order(status=SHIPPED, reference="778"))).splitlines()[0]
    assert first == "Status · 4500123 · PO 778: Confirmed → Shipped"


def test_the_last_line_says_who_told_and_when() -> None:
    assert words(said(order(), order(status=SHIPPED))).splitlines()[-1] == f"panels (Schneider) · seen {SEEN}"


def test_the_most_telling_change_gives_the_title() -> None:
    before = order(shipments=(shipment(),))
    after = order(shipments=(shipment(dispatched=True, packages=(package("T1"),)),), status=SHIPPED)
    assert words(said(before, after)).startswith("Dispatched · 4500123: Confirmed → Shipped")


def test_a_slip_is_counted_in_the_readers_days() -> None:
    late = words(said(order(delivery_promised="2026-11-20"), order(delivery_promised="2026-11-24")))
    early = words(said(order(delivery_promised="2026-11-24"), order(delivery_promised="2026-11-23T23:30:00Z")))
    assert "Delivery: 2026-11-20 → 2026-11-24 (4 days later)" in late
    assert "(same day)" in early


def test_a_tracking_number_links_to_its_parcel() -> None:
    parcel = package("JD01", tracking_url="https://track.example/JD01")
    message = said(order(shipments=(shipment(),)), order(shipments=(shipment(packages=(parcel,)),)))
    assert Link(text="JD01", url="https://track.example/JD01") in message.body[0].spans


def test_lines_that_change_alike_are_told_together() -> None:
    before = order(lines=tuple(line(n, delivery_promised="2026-11-20") for n in ("10", "20", "30")))
    after = order(lines=tuple(line(n, delivery_promised="2026-11-21") for n in ("10", "20", "30")))
    assert "Delivery of lines 10, 20, 30: 2026-11-20 → 2026-11-21 (1 day later)" in words(said(before, after))


def test_open_orders_say_when_they_are_promised_and_finished_ones_do_not() -> None:
    assert "Delivery promised for 2026-11-24" in words(
        said(order(delivery_promised="2026-11-24"), order(delivery_promised="2026-11-24", status=SHIPPED))
    )
    assert "promised" not in words(said(order(status=SHIPPED), order(status=DELIVERED, delivery_promised="2026-11-24")))


def test_a_dispatch_told_alone_shows_the_parcels_already_known() -> None:
    before = order(shipments=(shipment(packages=(package("T1"),)),))
    after = order(shipments=(shipment(dispatched=True, packages=(package("T1"),)),))
    assert "Tracking: DHL T1" in words(said(before, after))


def test_every_kind_has_words() -> None:
    for kind in Kind:
        change = Change(kind=kind, line="10", field="delivery_promised", before="2026-11-20", after="2026-11-24")
        message = render(order(), [change], source="s", seen_at=SEEN, zone=ZoneInfo("UTC"))
        assert words(message).startswith(words(message)[:3])
        assert message.emoji


def test_a_cancelled_order_gives_the_suppliers_reason() -> None:
    gone = order(status=status("Annulée"), cancel_reason="discontinued")
    change = Change(kind=Kind.CANCELLED, before="Confirmed", after="Annulée")
    assert "Reason: discontinued" in words(render(gone, [change], source="s", seen_at=SEEN, zone=ZoneInfo("UTC")))


@pytest.mark.parametrize("kind", [Kind.DUE_TODAY, Kind.OVERDUE])
def test_what_is_due_or_late_says_its_date_once(kind: Kind) -> None:
    sampled, change = sample(kind)
    message = render(sampled, [change], source="panels", seen_at=SEEN, zone=ZoneInfo("Europe/Paris"))
    assert words(message).lower().count("promised for") == 1
