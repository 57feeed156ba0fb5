"""How StateSet's orders are read, whichever generation of the API wrote them."""

import json
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.core.digest import order_digest
from bot.errors import AnswerUnreadable
from bot.model.order import Order, Stage
from bot.model.poll import Payload
from bot.ports import Source
from bot.sources.stateset import Settings, build
from tests.sources.pairs import DATA, payloads

VOCABULARIES = {
    "placed": "pending draft unfulfilled",
    "confirmed": "confirmed",
    "in_progress": "processing picking packing label_created",
    "on_hold": "on_hold failed exception",
    "shipped": "shipped in_transit out_for_delivery",
    "completed": "delivered completed refunded returned exchanged fulfilled",
    "cancelled": "cancelled canceled CANCELED Cancelled",
    "partly_shipped": "partially_fulfilled partially-shipped",
    "unknown": "UNKNOWN",
}


def source(**settings: Any) -> Source:
    return build("shop", Settings.model_validate({"kind": "stateset", "token": "sk_1", **settings}), ManualClock())


def read(order: dict[str, Any], **settings: Any) -> Order:
    return source(**settings).parse("ord_1", Payload(json.dumps({"order": {"id": "ord_1", **order}}).encode()))


@pytest.mark.parametrize(("answer", "order"), payloads("stateset"))
def test_an_answer_is_read_as_the_order_beside_it(answer: Payload, order: Order) -> None:
    parsed = source().parse(order.key, answer)
    assert parsed.model_copy(update={"status": order.status}) == order
    assert parsed.status.stage is order.status.stage
    assert order_digest(parsed) == order_digest(order)


def test_the_documented_example_is_read_to_the_letter() -> None:
    answer = Payload((DATA / "stateset" / "generation_a.json").read_bytes())
    order = source().parse("ord_1NXWPnCo6bFb1KQto6C8OWvE", answer)
    expected = json.loads((DATA / "stateset" / "generation_a.expected.json").read_bytes())
    assert order.model_dump(mode="json", exclude_defaults=True) == expected


@pytest.mark.parametrize("file", sorted((DATA / "stateset").glob("generation_*.json")), ids=lambda file: file.name)
def test_personal_data_stays_in_the_payload(file: Any) -> None:
    private = ["John Doe", "Jane Roe", "example.com", "Main St", "CUST-6789", "Looking forward", "handle with care"]
    if file.name.endswith(".expected.json"):
        assert not [word for word in private if word in file.read_text()]
        return
    data = json.loads(file.read_bytes())
    key = str((data.get("order") or data.get("data", {}).get("order") or data).get("id") or data["data"]["id"])
    written = source().parse(key, Payload(file.read_bytes())).model_dump_json()
    assert not [word for word in private if word in written]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"order":{"id":"ord_2"}}', "another order, ord_2"),
        (b'{"orders":[{"id":"ord_1"}]}', "no order: its members are orders"),
        (b'["ord_1"]', "no order: its members are list"),
        (b"<html><body>Sign in</body></html>", "no JSON but: Sign in"),
        (b"", "an empty body"),
        (b'{"order":{"id":"ord_1"', "no JSON"),
        (b'{"order":{"id":"\xff"}}', "not UTF-8"),
        (b"[" * 200_000, "nested too deep"),
    ],
)
def test_what_is_no_order_is_refused_with_what_came(body: bytes, says: str) -> None:
    with pytest.raises(AnswerUnreadable) as caught:
        source().parse("ord_1", Payload(body))
    assert str(caught.value).startswith("shop gave an unusable answer: asked GET /order/ord_1/retrieve, came ")
    assert says in str(caught.value)


def test_status_is_the_current_word_and_order_status_stands_in_for_it() -> None:
    assert read({"status": "Shipped", "order_status": "Processing"}).status.word == "Shipped"
    assert read({"status": None, "order_status": "Processing"}).status.word == "Processing"
    followed = read({"status": "Shipped", "order_status": "Processing"}, fields=["order_status"])
    assert followed.fields == {"order_status": "Processing"}


@pytest.mark.parametrize(
    ("word", "stage"), [(word, stage) for stage, words in VOCABULARIES.items() for word in words.split()]
)
def test_every_published_status_word_has_a_stage_in_any_spelling(word: str, stage: str) -> None:
    for spelling in (word, word.upper(), word.replace("_", " ").title(), word.replace("_", "-")):
        assert read({"status": spelling}).status.stage == Stage(stage)
        assert read({"status": spelling}).status.text == spelling


def test_spelling_of_a_status_is_no_change() -> None:
    digests = {order_digest(read({"status": word})) for word in ("CANCELED", "cancelled", " Cancelled ")}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("status", "dispatched"),
    [
        ("Processing", False),
        ("Shipped", True),
        ("Delivered", True),
        ("On hold", None),
        ("Cancelled", None),
        ("Refunded", None),
    ],
)
def test_an_order_without_shipments_is_dispatched_by_its_status_where_that_tells(
    status: str, dispatched: bool | None
) -> None:
    [shipment] = read({"status": status}).shipments
    assert (shipment.key, shipment.dispatched) == ("order", dispatched)


@pytest.mark.parametrize("evidence", [{"shipped_at": "2026-03-09T10:00:00Z"}, {"fulfillment_status": "fulfilled"}])
def test_a_date_or_a_fulfilment_word_is_a_dispatch_whatever_the_status(evidence: dict[str, str]) -> None:
    assert read({"status": "Processing", **evidence}).shipments[0].dispatched is True


@pytest.mark.parametrize(
    "places",
    [
        {"tracking_number": "A 1, B2"},
        {"tracking_number": "B2;A1"},
        {"tracking_numbers": ["A1", "B2"]},
        {"tracking_numbers": [], "tracking_number": "a1\nb2"},
        {"shipping": {"tracking_number": "A1,B2"}},
        {"tracking_number": "A1", "shipping": {"tracking_number": "B2"}},
        {"shipments": [{"id": "s1", "tracking_number": "A1"}, {"id": "s2", "tracking": {"number": "B2"}}]},
        {"shipments": [{"id": "s1", "packages": [{"tracking_number": "A1"}]}], "tracking_number": "B2, A1"},
    ],
)
def test_tracking_numbers_are_found_wherever_they_are(places: dict[str, Any]) -> None:
    keys = [package.key for shipment in read(places).shipments for package in shipment.packages]
    assert sorted(keys) == ["A1", "B2"]


def test_what_two_places_say_of_one_parcel_is_joined() -> None:
    shipping = {"tracking_number": "a 1", "carrier": "UPS", "tracking_url": "https://t.example/a1"}
    [package] = read({"tracking_number": "A1", "shipping": shipping}).shipments[0].packages
    assert (package.carrier, package.tracking_url) == ("UPS", "https://t.example/a1")


@pytest.mark.parametrize("written", [None, "", " ", "N/A", "none", "null", "-", "TBD", "pending"])
def test_a_word_for_no_tracking_number_is_none(written: str | None) -> None:
    assert read({"tracking_number": written}).shipments[0].packages == ()


def test_only_web_addresses_are_kept_as_tracking_links() -> None:
    bad, good = (read({"tracking_number": "1", "tracking_url": url}) for url in ("javascript:x", "https://t.example/1"))
    assert bad.shipments[0].packages[0].tracking_url is None
    assert good.shipments[0].packages[0].tracking_url == "https://t.example/1"


@pytest.mark.parametrize("written", ["2", 2, "2.0", 2.0, " 2 "])
def test_a_quantity_is_decimal_text_however_it_is_written(written: Any) -> None:
    [line] = read({"items": [{"id": "i", "quantity": written}]}).lines
    assert line.quantity == "2"


def test_lines_without_ids_are_keyed_by_sku_and_occurrence_whatever_their_order() -> None:
    items = [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}, {"sku": "A", "quantity": 5}]
    assert [line.key for line in read({"items": items}).lines] == ["A#1", "A#2", "B#1"]
    assert read({"items": items}).lines == read({"items": items[::-1]}).lines


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
        ("2026-03-01T10:00:00", "2026-03-01T09:00:00Z"),
        ("2026-03-01", "2026-03-01"),
        (1772359200, "2026-03-01T10:00:00Z"),
        ("9999-12-31T23:59:59-05:00", None),
        ("soon", None),
    ],
)
def test_dates_are_read_in_every_form(written: Any, moment: str | None) -> None:
    order = read({"created_at": written, "delivery_date": written}, timezone="Europe/Berlin")
    assert (order.ordered_at, order.delivery_promised) == (moment, moment)


def test_versions_sort_as_time_does_also_within_a_second() -> None:
    times = ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5Z", "2026-03-01T12:00:01+01:00"]
    versions = [read({"updated_at": time}).version or "" for time in times]
    assert versions == sorted(versions)
    assert len(set(versions)) == 3


def test_version_numbers_sort_as_numbers_do() -> None:
    assert (read({"version": 9}).version or "") < (read({"version": "10"}).version or "")


def test_bookkeeping_dates_are_kept_but_no_change() -> None:
    one, other = read({"updated_date": "2026-03-01T10:00:00Z"}), read({"updated_date": "2026-03-02T10:00:00Z"})
    assert one.version != other.version
    assert order_digest(one) == order_digest(other)


@pytest.mark.parametrize("written", ["", " ", "ord 1", "ord\n1"])
def test_what_cannot_be_an_order_id_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="write it like ord_"):
        source().key_of(written)


def test_an_order_id_is_trimmed() -> None:
    assert source().key_of(" ord_1 ") == "ord_1"
