"""How 2Service's answers are read."""

import json
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.core.digest import order_digest
from bot.errors import AnswerUnreadable
from bot.model.order import Order, Stage
from bot.model.poll import Payload
from bot.ports import Source
from bot.sources.twoservice import Settings, build
from tests.sources.pairs import DATA, expected, payload, payloads

TWO_FORMS = [path.stem for path in sorted((DATA / "twoservice").glob("*.jsv")) if "." not in path.stem]


def source(**settings: Any) -> Source:
    written = {"kind": "twoservice", "username": "dealer", "password": "hunter2", **settings}
    return build("parts", Settings.model_validate(written), ManualClock())


def read(result: Any, key: str = "1", **settings: Any) -> Order:
    body = json.dumps({"Result": result, "IsSuccessful": True}).encode()
    return source(**settings).parse(key, Payload(body))


@pytest.mark.parametrize(("answer", "order"), payloads("twoservice"))
def test_an_answer_is_read_as_the_order_beside_it(answer: Payload, order: Order) -> None:
    assert source().parse(order.key, answer) == order


@pytest.mark.parametrize("name", TWO_FORMS)
def test_json_and_jsv_of_one_order_give_equal_orders(name: str) -> None:
    key = expected("twoservice", name).key
    in_json, in_jsv = (payload(DATA / "twoservice" / f"{name}.{form}") for form in ("json", "jsv"))
    assert source().parse(key, in_json) == source().parse(key, in_jsv)


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize("form", ["json", "jsv", "pretty.jsv"])
def test_an_answer_of_no_declared_form_is_read_by_its_looks(form: str, media_type: str) -> None:
    body = (DATA / "twoservice" / f"dispatched.{form}").read_bytes()
    assert source().parse("26001007", Payload(body, media_type)) == expected("twoservice", "dispatched")


@pytest.mark.parametrize(
    ("body", "media_type", "says"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "application/json", "a web page or XML"),
        (b"\xef\xbb\xbf<OperationResult/>", "application/xml", "a web page or XML"),
        (b"{Result:{OrderNumber:1", "text/jsv", "no JSV (the end of the text inside"),
        (b'{"Result":{"OrderNumber":"1"', "application/json", "no JSON"),
        (b"Service unavailable", "text/plain", "no OperationResult but: Service unavailable"),
        (b"", "text/jsv", "no OperationResult but: nothing"),
        (b"", "application/json", "an empty body"),
        (b"\xff\xfe\xfd", "application/json", "not UTF-8"),
        (b"[" * 200_000, "application/json", "nested too deep"),
        (b"[" * 200_000, "text/jsv", "nested too deep"),
        (b'{"Data":{},"Ok":true}', "application/json", "its members are Data, Ok"),
        (b'{"Result":[1],"IsSuccessful":true}', "application/json", "a Result that is no order"),
        (b'{"Result":{"OrderNumber":"2"},"IsSuccessful":true}', "application/json", "another order, 2"),
        (b'{"IsSuccessful":false,"ErrorMessage":"Storing"}', "application/json", "a failure: Storing"),
    ],
)
def test_what_is_no_order_is_refused_with_what_came(body: bytes, media_type: str, says: str) -> None:
    with pytest.raises(AnswerUnreadable) as caught:
        source().parse("1", Payload(body, media_type))
    assert says in str(caught.value)
    assert "parts" in str(caught.value)
    assert "GET /dealers/order/tracking?OrderNumber=1" in str(caught.value)


def test_a_missing_flag_is_success_where_there_is_a_result() -> None:
    assert source().parse("1", Payload(b'{"Result":{"OrderNumber":"1","Status":"Open"}}')).status.word == "Open"


@pytest.mark.parametrize("written", ["Completed", "completed", "COMPLETED", 2, "2", " Completed "])
def test_a_known_status_is_one_word_however_it_is_written(written: Any) -> None:
    status = read({"Status": written}).status
    assert (status.text, status.stage) == ("Completed", Stage.COMPLETED)


@pytest.mark.parametrize("written", ["Backordered?", 0, "0", 7])
def test_an_unknown_status_passes_through(written: Any) -> None:
    status = read({"Status": written}).status
    assert (status.text, status.stage) == (str(written), Stage.UNKNOWN)


def test_the_operators_own_reading_of_a_status_goes_first() -> None:
    assert read({"Status": "Open"}, statuses={"open": "in_progress"}).status.stage is Stage.IN_PROGRESS


@pytest.mark.parametrize(
    ("written", "dispatched"),
    [(True, True), ("True", True), ("true", True), (1, True), ("1", True), ("False", False), (0, False), (None, False)],
)
def test_the_flag_of_a_dispatch_is_read_in_every_spelling(written: Any, dispatched: bool) -> None:
    [shipment] = read({"Shipments": [{"ShipmentId": 1, "HasBeenDispatched": written}]}).shipments
    assert shipment.dispatched is dispatched


@pytest.mark.parametrize(
    "written", [{}, {"Shipments": None}, {"Shipments": []}, {"Shipments": [None]}, {"Shipments": ""}]
)
def test_lists_that_are_absent_null_or_empty_mean_nothing_yet(written: dict[str, Any]) -> None:
    assert read({"OrderNumber": "1", **written}).shipments == ()


def test_the_place_of_things_in_their_lists_means_nothing() -> None:
    answer = json.loads((DATA / "twoservice" / "odd_shipments.json").read_bytes())
    shipments = answer["Result"]["Shipments"]
    shipments.reverse()
    shipments[0]["Packages"].reverse()
    assert read(answer["Result"], "26001016") == expected("twoservice", "odd_shipments")


def test_a_shipment_id_that_comes_twice_keeps_both() -> None:
    order = read({"Shipments": [{"ShipmentId": 5}, {"ShipmentId": 5, "HasBeenDispatched": True}]})
    assert sorted(shipment.key for shipment in order.shipments) == ["5", "5#2"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.example/", "//x.example", "not a url"])
def test_only_web_addresses_are_kept_as_tracking_links(url: str) -> None:
    packages = [
        {"TrackingNumber": "T1", "TrackingUrl": url},
        {"TrackingNumber": "T2", "TrackingUrl": "HTTPS://t.example/2"},
    ]
    [shipment] = read({"Shipments": [{"ShipmentId": 1, "Packages": packages}]}).shipments
    assert [package.tracking_url for package in shipment.packages] == [None, "HTTPS://t.example/2"]


def test_times_without_a_zone_are_read_in_the_configured_one() -> None:
    result = {"OrderDate": "2026-07-01T10:00:00.0000000"}
    assert read(result).ordered_at == "2026-07-01T08:00:00Z"
    assert read(result, timezone="UTC").ordered_at == "2026-07-01T10:00:00Z"


def test_fields_asked_for_are_followed() -> None:
    order = read({"Status": "Open", "Shipments": [{"ShipmentId": 1}]}, fields=["status", "Nothing.Here"])
    assert order.fields == {"status": "Open", "Nothing.Here": ""}


def test_an_order_read_twice_has_one_digest() -> None:
    answer = payload(DATA / "twoservice" / "dispatched.json")
    assert order_digest(source().parse("26001007", answer)) == order_digest(expected("twoservice", "dispatched"))


@pytest.mark.parametrize("written", ["", "   ", "12\n34"])
def test_an_empty_order_number_is_refused_before_it_is_sent(written: str) -> None:
    with pytest.raises(ValueError, match="no order number"):
        source().key_of(written)


def test_an_order_number_is_trimmed() -> None:
    assert source().key_of("  WEB 26001063/A+#1 ") == "WEB 26001063/A+#1"
