"""What watchlists.yaml may say about a Schneider Electric account, and how its orders are called."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.sources._schneider_names import ALIASES
from bot.sources.schneider import WHERE, Settings
from tests.sources.schneider_answers import GOOD, made


def complaint(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({name: value for name, value in (GOOD | changes).items() if value is not None})
    return str(caught.value)


def test_credentials_and_a_country_are_enough() -> None:
    settings = Settings.model_validate(
        {"kind": "schneider", "countries": ["FR"], "client_id": "alice", "client_secret": "s"}
    )
    assert settings.base_url == "https://api.se.com/v1/supply-chain/order-status"
    assert settings.token_url == "https://api.se.com/token"
    assert (str(settings.budget), settings.in_flight, settings.page_size) == ("60/min", 5, 100)


def test_the_product_segment_is_part_of_the_base_url() -> None:
    partner = "https://api.qa.se.com/v1/supply-chain/partner-order-status"
    assert Settings.model_validate(GOOD | {"base_url": partner + "/"}).base_url == partner


def test_more_than_ten_calls_in_parallel_cannot_be_asked_for() -> None:
    assert "less than or equal to 10" in complaint(in_flight=11)


def test_at_least_one_country_is_needed() -> None:
    assert "countries" in complaint(countries=[])


@pytest.mark.parametrize("written", ["fr", "FRA", "F", 33])
def test_a_country_is_two_capital_letters(written: Any) -> None:
    assert "write two capital letters, such as FR" in complaint(countries=[written])


def test_norway_that_yaml_reads_as_false_is_explained() -> None:
    assert 'write "NO" in quotes' in complaint(countries=[False])


def test_a_country_cannot_stand_there_twice() -> None:
    assert "twice" in complaint(countries=["FR", "BR", "FR"])


def test_oauth2_needs_a_client_id_and_a_client_secret() -> None:
    assert "auth: oauth2 needs client_id and client_secret" in complaint(client_id=None, client_secret=None)


def test_an_empty_secret_is_none() -> None:
    assert "auth: oauth2 needs client_secret" in complaint(client_secret=" ")


def test_an_api_key_beside_oauth2_is_refused() -> None:
    assert "api_key can only stand with auth: api_key, but auth is oauth2" in complaint(api_key="k")


def test_api_key_mode_needs_a_key_and_nothing_of_oauth2() -> None:
    assert "auth: api_key needs api_key" in complaint(auth="api_key", client_id=None, client_secret=None)
    assert "client_id and client_secret can only stand with auth: oauth2" in complaint(auth="api_key", api_key="k")


def test_an_alias_must_be_for_a_fact_that_exists() -> None:
    said = complaint(aliases={"ordernumber": ["no"]})
    assert "ordernumber: no such fact; there are orders, " in said


def test_a_token_url_must_be_a_web_address() -> None:
    assert "must begin with https://" in complaint(token_url="api.se.com/token")


def test_complaints_do_not_show_the_secret() -> None:
    assert GOOD["client_secret"] not in complaint(countries=["fr"])


def test_the_filters_are_public() -> None:
    assert set(WHERE) == {"order_number", "order_status", "purchaser_id"}


def test_every_fact_has_a_name_to_try() -> None:
    assert all(ALIASES.values())


def test_people_see_its_name_and_kind_unless_told_otherwise() -> None:
    assert made().label == "panels (Schneider Electric)"
    assert made(label="Panels, plant 3").label == "Panels, plant 3"


@pytest.mark.parametrize(
    "written",
    ["0045001234", "45001234", "FR/45001234", "000000045001234", " FR/0045001234 ", "fr/0045001234", "FR / 0045001234"],
)
def test_with_one_country_it_may_be_left_out_of_a_number(written: str) -> None:
    assert made().key_of(written) == "FR/0045001234"


def test_with_several_countries_a_bare_number_is_asked_to_be_completed() -> None:
    with pytest.raises(ValueError, match="such as FR/45001234"):
        made(countries=["FR", "BR"]).key_of("45001234")


def test_with_several_countries_each_is_understood() -> None:
    assert made(countries=["FR", "BR"]).key_of("BR/45001234") == "BR/0045001234"


def test_a_country_the_account_does_not_cover_is_refused() -> None:
    with pytest.raises(ValueError, match="panels covers FR, not DE"):
        made().key_of("DE/1")


@pytest.mark.parametrize("written", ["", "  ", "FR/", "..", "FR/1\x002", "9" * 41])
def test_what_cannot_be_an_order_number_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="write an order number, such as FR/0045001234"):
        made().key_of(written)
