"""Payloads on disk and the orders they must be read as.

`NAME.json` or `NAME.jsv` stands beside `NAME.expected.json`, the Order dumped without its defaults. `NAME.VARIANT.json`
says the same in another way: its order must have the same digest.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.model.order import Order
from bot.model.poll import Payload

DATA = Path(__file__).parent.parent / "data"
MEDIA_TYPES = {".json": "application/json", ".jsv": "text/jsv"}


def payloads(kind: str) -> list[Any]:
    """Every payload of a kind of source with the order expected of it, as parameters of a test."""
    return [
        pytest.param(payload(path), expected(kind, path.name.partition(".")[0]), id=path.name)
        for path in sorted((DATA / kind).iterdir())
        if not path.name.endswith(".expected.json")
    ]


def payload(path: Path) -> Payload:
    """A file as the answer it once was."""
    return Payload(path.read_bytes(), MEDIA_TYPES[path.suffix])


def expected(kind: str, name: str) -> Order:
    """The order that NAME must be read as."""
    return Order.model_validate(json.loads((DATA / kind / f"{name}.expected.json").read_bytes()))
