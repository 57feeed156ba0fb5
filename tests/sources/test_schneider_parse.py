"""From Schneider Electric's answers to orders: pairs on disk, and what must not make a difference."""

import json
import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.digest import order_digest
from bot.errors import AnswerUnreadable
from bot.model.order import Depth, Order, Stage
from bot.model.poll import Payload
from bot.sources._schneider_names import Names
from tests.sources.pairs import payloads
from tests.sources.schneider_answers import made, order, read, reader

ASKED = "GET /orders/FR/0045001234"
KEY = "FR/0045001234"


@pytest.mark.parametrize(("payload", "expected"), payloads("schneider"))
def test_a_payload_makes_the_expected_order(payload: Payload, expected: Order) -> None:
    assert made().parse(KEY, payload) == expected


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        pairs = [(name, shuffled(member, chance)) for name, member in value.items()]
        return dict(chance.sample(pairs, len(pairs)))
    if isinstance(value, list):
        return chance.sample([shuffled(entry, chance) for entry in value], len(value))
    return value


@pytest.mark.parametrize(("payload", "expected"), payloads("schneider"))
def test_the_order_of_lists_and_members_makes_no_difference(payload: Payload, expected: Order) -> None:
    for seed in range(20):
        mixed = json.dumps(shuffled(json.loads(payload.body), random.Random(seed))).encode()
        assert made().parse(KEY, Payload(mixed)) == expected


def test_null_missing_and_empty_mean_the_same() -> None:
    assert read(order(customerReference=None)) == read(order(customerReference=" ")) == read(order())


def test_numbers_and_numbers_as_text_mean_the_same() -> None:
    number, text = {"itemNumber": 10, "quantity": 5}, {"itemNumber": "000010", "quantity": "5.000"}
    assert read(order(itemList=[number])) == read(order(itemList=[text]))


def test_a_date_written_differently_means_the_same() -> None:
    first, second = "2026-01-04T08:53:00.000+0000", "2026-01-04T09:53:00+01:00"
    assert read(order(orderDate=first)) == read(order(orderDate=second))


def test_the_letter_case_of_codes_makes_no_news() -> None:
    upper, lower = (read(order(orderStatusCode=code, orderStatusName=None)) for code in ("ZOPEN", "zopen"))
    assert order_digest(upper) == order_digest(lower)


def test_a_time_without_a_zone_is_read_in_the_configured_one() -> None:
    settings = made(timezone="Europe/Paris")
    body = json.dumps({"order": order(orderDate="2026-07-01T12:00:00")}).encode()
    assert settings.parse(KEY, Payload(body)).ordered_at == "2026-07-01T10:00:00Z"


def test_an_operators_alias_goes_first() -> None:
    members = {"orderNumber": "wrong", "numeroCommande": "0045001234", "itemList": []}
    assert read(members, aliases={"order_number": ["numero-commande"]}).number == "0045001234"


def test_an_alias_may_go_a_level_down() -> None:
    members = order(statut={"libelle": "En cours"}, orderStatusName=None)
    assert read(members, aliases={"order_status_text": ["statut.libelle"]}).status.text == "En cours"


def test_an_operators_reading_of_a_status_goes_before_ours() -> None:
    assert read(order(orderStatusName="Confirmed"), statuses={"confirmed": Stage.ON_HOLD}).status.stage is Stage.ON_HOLD


def test_an_operators_reading_goes_before_the_letters_of_sap() -> None:
    members = order(orderStatusCode="C", orderStatusName=None)
    assert read(members).status.stage is Stage.COMPLETED
    assert read(members, statuses={"C": Stage.CONFIRMED}).status.stage is Stage.CONFIRMED


def test_fields_that_were_asked_for_are_kept_beside_those_we_know() -> None:
    fields = read(order(purchaserId="12345", site={"floor": 3}), fields=["purchaserId", "site.floor", "gone"]).fields
    assert fields == {"purchaserId": "12345", "site.floor": "3", "gone": ""}


def test_a_number_asked_for_without_its_zeros_is_the_same_order() -> None:
    payload = Payload(json.dumps({"order": order("0045001234")}).encode())
    parsed = made().parse("FR/45001234", payload)
    assert (parsed.key, parsed.number) == ("FR/45001234", "0045001234")


def test_the_right_one_of_several_orders_is_taken() -> None:
    assert read({"orderList": [order("00450012345"), order("0045001234")]}).number == "0045001234"


def test_another_order_than_the_one_asked_for_is_no_answer() -> None:
    with pytest.raises(AnswerUnreadable, match="came order 0045009999 instead"):
        read(order("0045009999"))


def test_zeros_alone_are_not_the_same_number() -> None:
    with pytest.raises(AnswerUnreadable, match="came order 000 instead"):
        made().parse("FR/0", Payload(json.dumps({"order": order("000")}).encode()))


def schedule(quantity: int, day: str, **members: Any) -> dict[str, Any]:
    return {"quantity": quantity, "confirmedDeliveryDate": day} | members


def keys(*schedules: dict[str, Any]) -> dict[str, str | None]:
    shipments = read(order("0045001234", "000010"), {"000010": list(schedules)}).shipments
    return {shipment.key: shipment.delivery_promised for shipment in shipments}


def test_a_schedule_without_a_number_keeps_its_key_when_its_promise_moves_past_another() -> None:
    before = keys(schedule(5, "2026-03-01"), schedule(3, "2026-03-10"))
    after = keys(schedule(5, "2026-03-20"), schedule(3, "2026-03-10"))
    assert before == {"000010/x5": "2026-03-01", "000010/x3": "2026-03-10"}
    assert after == {"000010/x5": "2026-03-20", "000010/x3": "2026-03-10"}


def test_a_schedule_without_a_number_keeps_its_key_when_it_is_dispatched_or_another_joins() -> None:
    before = keys(schedule(5, "2026-03-01"))
    after = keys(schedule(2, "2026-02-01"), schedule(5, "2026-03-01", actualShipDate="2026-02-27"))
    assert before.keys() < after.keys()


def test_equal_numbers_of_schedules_get_keys_of_their_own() -> None:
    twice = {"scheduleNumber": "0001", "quantity": 1}
    assert list(keys(twice, twice)) == ["000010/0001", "000010/0001#2"]


def test_many_tracking_sets_are_known_by_their_numbers_once() -> None:
    sets = [{"trackingNumber": number} for number in ("1z 9", "B-2", "1Z9")]
    packages = read(order("0045001234", "000010"), {"000010": {"trackings": sets}}).shipments[0].packages
    assert [package.key for package in packages] == ["1Z9", "B2"]


@pytest.mark.parametrize(
    ("schedule", "dispatched"),
    [
        ({"isShipped": True}, True),
        ({"isShipped": "false"}, False),
        ({"actualShipDate": "2026-01-01"}, True),
        ({"statusName": "Shipped"}, True),
        ({"statusName": "Confirmed"}, False),
        ({"statusName": "Qzx"}, None),
        ({"scheduleNumber": "1"}, False),
        ({"trackingNumber": "1Z", "scheduleNumber": "1"}, None),
    ],
)
def test_dispatch_is_told_by_a_flag_a_date_or_a_status(schedule: dict[str, Any], dispatched: bool | None) -> None:
    shipments = read(order("0045001234", "000010"), {"000010": [schedule]}).shipments
    assert [shipment.dispatched for shipment in shipments] == [dispatched]


def test_a_row_of_a_search_is_an_order_of_depth_header() -> None:
    rows = reader().shapes.found(json.dumps({"orderList": [order("1", orderDate="2026-01-04")]}).encode(), ASKED).rows
    header = reader().header("FR/1", rows["0000000001"].members)
    assert (header.key, header.number, header.depth) == ("FR/1", "1", Depth.HEADER)
    assert (header.status.text, header.ordered_at, header.lines) == ("Confirmed", "2026-01-04", ())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html><h1>Sign in</h1></html>", "came no JSON but: Sign in"),
        (b'{"order": {"orderNumb', "came no JSON"),
        (b"{}", "came no order"),
        (b'{"order": {"status": 404, "message": "no"}}', "came no order but the members status, message"),
        (b'{"order": 7}', "came no order but a int"),
        (b'{"order": [7]}', "a list that holds a int"),
        (b'{"order": {"number": "0045001234", "lines": [{"lineNumber": 10}]}, "schedules": {"000010": {"oops": 1}}}',
         "came no schedules but the members oops; see aliases.schedules"),
    ],
)  # fmt: skip
def test_what_is_no_order_says_what_came(body: bytes, says: str) -> None:
    with pytest.raises(AnswerUnreadable, match="panels gave an unusable answer") as caught:
        made().parse(KEY, Payload(body))
    assert says in str(caught.value)
    assert ASKED in str(caught.value)


WORDS = sorted({name for path in Names({})._paths.values() for steps in path for name in steps})
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["0045001234", "00000000", "10"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
)


@given(order=ANYTHING, schedules=ANYTHING, items=ANYTHING)
def test_no_answer_however_odd_breaks_the_reading(order: Any, schedules: Any, items: Any) -> None:
    members = order | {"orderNumber": "0045001234"} if isinstance(order, dict) else order
    body = json.dumps({"order": members, "schedules": {"000010": schedules}, "items": items}).encode()
    try:
        parsed = made().parse(KEY, Payload(body))
    except AnswerUnreadable:
        return
    assert order_digest(parsed) == order_digest(Order.model_validate_json(parsed.model_dump_json()))


def test_json_nested_beyond_reason_is_unreadable() -> None:
    deep = b'{"order": {"orderNumber": "0045001234", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    with pytest.raises(AnswerUnreadable, match="nested too deep"):
        made().parse(KEY, Payload(deep))


def test_json_nested_as_deep_as_it_can_just_be_parsed_breaks_nothing() -> None:
    text = json.dumps({"order": order("0045001234", x="@", lines=[{"itemNumber": "10", "x": "@"}])})
    source = made(fields=["x"])
    for depth in range(800, 1000):
        body = text.replace('"@"', "[" * depth + "]" * depth)
        with suppress(AnswerUnreadable):
            assert source.parse(KEY, Payload(body.encode())).number == "0045001234"
