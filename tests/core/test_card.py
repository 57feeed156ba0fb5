"""The card of an order: where it is now, in words that do not grow old."""

from bot.core.card import card, digest
from bot.languages import words_of
from bot.model.order import Order
from tests.core.making import DELIVERED, SHIPPED, order, package, shipment, snapshot, words

LABEL = "panels (Schneider)"


def shown(of: Order, *kinds: str) -> str:
    return words(card(snapshot(of), label=LABEL, kinds=kinds))


def test_a_card_says_how_far_an_order_is_and_when_it_comes() -> None:
    text = shown(order(reference="778", delivery_promised="2026-12-01"), "status")
    assert text.splitlines() == [
        "Order 4500123 · PO 778 · Confirmed",
        "✓ placed · ✓ confirmed · in production · shipped · delivered",
        "Delivery promised for 2026-12-01",
        "Last news: Status",
        "panels (Schneider) · seen 2026-11-24T09:00:00Z",
    ]


def test_a_card_names_the_parcels_but_not_all_of_many() -> None:
    parcels = tuple(package(f"JD{number}") for number in range(7))
    text = shown(order(status=SHIPPED, shipments=(shipment(packages=parcels),)), "dispatched", "tracking_added")
    assert [line for line in text.splitlines() if "JD4" in line or "JD5" in line] == ["Tracking: DHL JD4"]
    assert "and 2 more" in text
    assert "Last news: Dispatched, Tracking added" in text


def test_a_closed_order_promises_no_date() -> None:
    assert "promised" not in shown(order(status=DELIVERED, delivery_promised="2026-12-01"), "completed")


def test_the_same_card_has_the_same_digest_and_another_has_another() -> None:
    one, same, other = (
        card(snapshot(order(status=s)), label=LABEL, kinds=("status",)) for s in (SHIPPED, SHIPPED, DELIVERED)
    )
    assert digest(one) == digest(same) != digest(other)


def test_a_kind_nobody_has_a_title_for_is_told_by_its_own_name() -> None:
    assert "Last news: Source failing" in shown(order(), "source_failing")


def test_it_is_in_the_language_of_its_place() -> None:
    told = card(snapshot(order()), label="panels", kinds=["status"], words=words_of("fr"))
    assert words(told).splitlines()[0] == "Commande 4500123 · Confirmed"
    assert "passée · ✓ confirmée · en production · expédiée · livrée" in words(told)
    assert "Dernières nouvelles : Statut" in words(told)
