"""The JSON Schema says of the file what the program says."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot import registry
from bot.config.schema import json_schema
from bot.core.matchers import MATCHERS


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema()


def definition(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][name]
    return found


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for member in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(member)


def test_it_names_its_dialect(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_unknown_keys_are_errors_at_the_top(schema: dict[str, Any]) -> None:
    assert schema["additionalProperties"] is False
    assert sorted(schema["required"]) == ["notify", "operators"]


def test_every_kind_of_source_is_in_it(schema: dict[str, Any]) -> None:
    references = schema["properties"]["sources"]["additionalProperties"]["anyOf"]
    found = [schema["$defs"][one["$ref"].rpartition("/")[2]]["properties"]["kind"]["const"] for one in references]
    assert found == registry.source_kinds()


def test_every_kind_of_chat_and_its_address_is_in_it(schema: dict[str, Any]) -> None:
    assert sorted(schema["properties"]["chats"]["properties"]) == registry.chat_kinds()
    places = schema["properties"]["destinations"]["additionalProperties"]["anyOf"]
    assert [place["properties"]["chat"]["const"] for place in places] == registry.chat_kinds()


def test_a_required_secret_may_come_in_a_file_instead(schema: dict[str, Any]) -> None:
    parts_account = definition(schema, "bot__sources__twoservice__Settings")
    assert "password_file" in parts_account["properties"]
    assert "password" not in parts_account["required"]
    assert {"anyOf": [{"required": ["password"]}, {"required": ["password_file"]}]} in parts_account["allOf"]


def test_a_variable_may_stand_for_a_number(schema: dict[str, Any]) -> None:
    in_flight = definition(schema, "bot__sources__twoservice__Settings")["properties"]["in_flight"]
    assert [option["type"] for option in in_flight["anyOf"]] == ["integer", "string"]


def test_a_variable_may_stand_for_what_may_be_left_out(schema: dict[str, Any]) -> None:
    rate = definition(schema, "bot__sources__twoservice__Settings")["properties"]["daily_budget"]
    assert [option.get("pattern", "")[:5] for option in rate["anyOf"]] == ["", "\\$\\{["]


def test_free_text_needs_no_extra_room_for_variables(schema: dict[str, Any]) -> None:
    assert definition(schema, "bot__sources__twoservice__Settings")["properties"]["username"]["type"] == "string"


def test_the_kind_of_a_source_is_no_variable(schema: dict[str, Any]) -> None:
    assert "anyOf" not in definition(schema, "bot__sources__twoservice__Settings")["properties"]["kind"]


def test_rules_are_described_wherever_they_may_stand(schema: dict[str, Any]) -> None:
    at_the_end = schema["properties"]["notify"]["items"]
    assert definition(schema, "WatchlistEntry")["properties"]["notify"]["items"] == at_the_end
    assert "continue" in schema["$defs"][at_the_end["$ref"].rpartition("/")[2]]["properties"]


def test_quiet_hours_are_one_window_or_a_list_with_the_keys_people_write(schema: dict[str, Any]) -> None:
    one, several = schema["properties"]["quiet"]["additionalProperties"]["anyOf"]
    assert several["items"] == one
    assert sorted(definition(schema, "QuietEntry")["properties"]) == ["days", "from", "holidays", "timezone", "to"]


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    references = [part["$ref"] for part in parts(schema) if "$ref" in part]
    assert references
    assert {one.removeprefix("#/$defs/") for one in references} <= schema["$defs"].keys()


def test_a_rule_has_every_matcher_and_an_amount_may_be_written_both_ways(schema: dict[str, Any]) -> None:
    rule = definition(schema, "RouteEntry")["properties"]
    assert rule.keys() >= {matcher.key for matcher in MATCHERS} | {"as", "mention", "group_wait", "continue"}
    assert {"string", "object"} <= {str(part.get("type")) for part in parts(rule["amount"])}


def test_assertions_are_a_list_or_a_file(schema: dict[str, Any]) -> None:
    name, entries = schema["properties"]["assert"]["anyOf"]
    assert name == {"type": "string"}
    assert definition(schema, entries["items"]["$ref"].rpartition("/")[2])["required"] == ["given", "expect"]
