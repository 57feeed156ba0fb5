"""The JSON Schema of watchlists.yaml, so that editors complete and check it."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bot import registry
from bot.config.assertions import AssertionEntry
from bot.config.calendar import CalendarEntry
from bot.config.digests import DigestEntry
from bot.config.file import DestinationEntry, FileEntry, GrantEntry, WatchlistEntry
from bot.config.quiet import QuietEntry
from bot.config.rules import RouteEntry
from bot.config.secrets import secret_fields
from bot.core.template import LONGEST
from bot.model.change import Kind

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PIECES: tuple[type[BaseModel], ...] = (
    FileEntry,
    WatchlistEntry,
    RouteEntry,
    AssertionEntry,
    GrantEntry,
    QuietEntry,
    CalendarEntry,
    DigestEntry,
)
_VARIABLE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the whole file, from the Settings and Addresses of every kind there is.

    It is as strict as the program about keys, and allows `${NAME}` wherever a value may stand.
    """
    sources = {kind: registry.source_module(kind).Settings for kind in registry.source_kinds()}
    chats = {kind: registry.chat_module(kind).Settings for kind in registry.chat_kinds()}
    addresses = {kind: registry.chat_module(kind).Address for kind in registry.chat_kinds()}
    mode: JsonSchemaMode = "validation"
    models = dict.fromkeys((*_PIECES, *sources.values(), *chats.values(), *addresses.values()))
    wanted = [(model, mode) for model in models]
    references, common = models_json_schema(wanted, by_alias=True)
    definitions: dict[str, Any] = common["$defs"]

    def definition(model: type[BaseModel]) -> dict[str, Any]:
        found: dict[str, Any] = definitions[references[model, mode]["$ref"].removeprefix("#/$defs/")]
        return found

    for kind, model in (*sources.items(), *chats.items()):
        definition(model)["title"] = kind
        _add_secret_files(model, definition(model))
    _add_secret_files(CalendarEntry, definition(CalendarEntry))
    for schema in definitions.values():
        for name, member in schema.get("properties", {}).items():
            schema["properties"][name] = _or_variable(member)
    routes = {"type": "array", "items": references[RouteEntry, mode]}
    definition(WatchlistEntry)["properties"]["notify"] |= routes
    window = references[QuietEntry, mode]
    whole = definition(FileEntry)
    whole["properties"]["templates"] |= _templates()
    whole["properties"] |= {
        "sources": _named({"anyOf": [references[model, mode] for model in sources.values()]}),
        "chats": {
            "type": "object",
            "properties": {
                kind: {"anyOf": [references[model, mode], {"type": "null"}]} for kind, model in chats.items()
            },
            "additionalProperties": False,
        },
        "destinations": _named({"anyOf": [_destination(kind, definition(model)) for kind, model in addresses.items()]}),
        "watchlists": _named(references[WatchlistEntry, mode]),
        "digests": whole["properties"]["digests"] | _named(references[DigestEntry, mode]),
        "quiet": whole["properties"]["quiet"]
        | _named({"anyOf": [window, {"type": "array", "items": window, "minItems": 1}]}),
        "calendar": {**references[CalendarEntry, mode], "description": whole["properties"]["calendar"]["description"]},
        "notify": whole["properties"]["notify"] | routes | {"minItems": 1},
        "assert": whole["properties"]["assert"]
        | {"anyOf": [{"type": "string"}, {"type": "array", "items": references[AssertionEntry, mode]}]},
        "access": {
            **whole["properties"]["access"],
            "properties": {kind: {"type": "array", "items": references[GrantEntry, mode]} for kind in chats},
            "additionalProperties": False,
        },
    }
    return {"$schema": _DIALECT, **whole, "title": "Orderwatch: watchlists.yaml", "$defs": definitions}


def _named(schema: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": schema}


def _destination(kind: str, address: dict[str, Any]) -> dict[str, Any]:
    """An address with the keys every destination has."""
    own = DestinationEntry.model_json_schema()["properties"]
    own["templates"] |= _templates()
    return {
        **address,
        "title": f"{kind} destination",
        "properties": {**own, **address.get("properties", {}), "chat": {"const": kind}},
        "required": ["chat", *address.get("required", [])],
    }


def _templates() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    kinds = {kind.value: text for kind in Kind}
    return {"type": "object", "properties": kinds, "additionalProperties": False, "default": {}}


def _add_secret_files(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """Beside each secret `x` the key `x_file`; one of the two where `x` is required."""
    for name in secret_fields(model):
        schema["properties"][f"{name}_file"] = {"type": "string", "description": f"File that holds {name}."}
        if name in schema.get("required", []):
            schema["required"].remove(name)
            schema.setdefault("allOf", []).append({"anyOf": [{"required": [name]}, {"required": [f"{name}_file"]}]})


def _or_variable(schema: dict[str, Any]) -> dict[str, Any]:
    """Let `${NAME}` stand for a value that is no free text."""
    if _takes_it(schema):
        return schema
    notes: dict[str, Any] = {
        key: schema[key] for key in ("title", "description", "default", "examples") if key in schema
    }
    return {**notes, "anyOf": [{key: value for key, value in schema.items() if key not in notes}, _VARIABLE]}


def _takes_it(schema: dict[str, Any]) -> bool:
    """Whether the schema accepts `${NAME}` already, or stands for something that no variable can be."""
    if "anyOf" in schema:
        return any(_takes_it(member) for member in schema["anyOf"] if member.get("type") != "null")
    return schema.get("type") not in ("integer", "number", "boolean") and not {"pattern", "enum"} & schema.keys()
