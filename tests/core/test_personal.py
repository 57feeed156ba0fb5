import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.personal import REMOVED, without_personal_data
from bot.model.poll import Payload
from bot.sources._stateset_order import Reading, id_of, order_of, unwrap

STATESET = sorted(
    path for path in Path("tests/data/stateset").glob("*.json") if not path.name.endswith(".expected.json")
)


def cleaned(**members: object) -> object:
    return json.loads(without_personal_data(Payload(json.dumps(members).encode())).body)


@pytest.mark.parametrize(
    "name",
    [
        "ordered_by", "customer_number", "customer_name", "customer_email", "buyer_email", "buyer_message", "notes",
        "seller_note", "delivery_address", "customerName", "Shipping-Address", "ContactPerson", "phoneNumber",
        "PostalCode",
    ],
)  # fmt: skip
def test_what_names_a_person_or_is_free_text_is_removed(name: str) -> None:
    assert cleaned(**{name: "Ann Example"}) == {name: REMOVED}


@pytest.mark.parametrize(
    "name",
    [
        "id", "name", "order_number", "customerReference", "purchaserId", "product_name", "carrier", "trackingUrl",
        "warehouse_id", "delivery_date", "status", "ErrorMessage", "deliveryNumber",
    ],
)  # fmt: skip
def test_what_the_order_is_read_from_stays(name: str) -> None:
    assert cleaned(**{name: "A-1"}) == {name: "A-1"}


def test_a_whole_person_is_removed_wherever_it_lies() -> None:
    order = {"data": [{"customer": {"name": "Ann", "vip": True}, "items": [{"sku": "A"}]}]}
    assert cleaned(**order) == {"data": [{"customer": REMOVED, "items": [{"sku": "A"}]}]}


def test_what_is_not_there_is_not_made_up() -> None:
    assert cleaned(notes=None, customer_email="", is_customer=True) == {
        "notes": None,
        "customer_email": "",
        "is_customer": True,
    }


def test_a_payload_without_persons_stays_byte_for_byte() -> None:
    payload = Payload(b'{ "id": "A",  "price": 29.90 }')
    assert without_personal_data(payload) is payload


def test_numbers_keep_every_digit() -> None:
    assert b'"29.90"' in without_personal_data(Payload(b'{"price": 29.90, "notes": "x"}')).body


@pytest.mark.parametrize("depth", [600, 100_000])
def test_what_is_nested_too_deep_to_be_looked_through_is_not_kept(depth: int) -> None:
    body = b'{"notes": "x", "deep": ' + b"[" * depth + b"]" * depth + b"}"
    assert without_personal_data(Payload(body)).body == REMOVED.encode()


def test_half_a_character_is_no_reason_to_fail() -> None:
    assert b"***" in without_personal_data(Payload(b'{"notes": "x", "name": "\\ud83d"}')).body


def test_in_jsv_too() -> None:
    body = b'{OrderNumber:1,ContactPerson:"Ann ""A"" Example, Rue",Email:a@b.example,Status:Open}'
    assert without_personal_data(Payload(body, "text/jsv")).body == (
        b"{OrderNumber:1,ContactPerson:***,Email:***,Status:Open}"
    )


@pytest.mark.parametrize("path", STATESET, ids=lambda path: path.name)
def test_what_is_kept_still_reads_as_the_same_order(path: Path) -> None:
    reading = Reading("shop", ZoneInfo("UTC"), {}, ())
    raw = Payload(path.read_bytes())
    kept = json.loads(without_personal_data(raw).body)
    before = json.loads(raw.body, parse_float=str)
    key = id_of(unwrap(before) or {}) or ""
    assert order_of(kept, key, reading, asked="") == order_of(before, key, reading, asked="")
