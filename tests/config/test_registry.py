"""Kinds are found by their files."""

import sys

import pytest

from bot import registry
from bot.errors import OrderwatchError

ROOM = registry.Room("tests.config.rooms", ("Settings", "build"))


def test_every_public_file_is_a_kind() -> None:
    assert ROOM.kinds() == ["complete", "lacking"]


def test_looking_for_kinds_imports_none_of_them() -> None:
    sys.modules.pop("tests.config.rooms.complete", None)
    ROOM.kinds()
    assert "tests.config.rooms.complete" not in sys.modules


def test_a_kind_is_its_file() -> None:
    assert ROOM.module("complete").__name__ == "tests.config.rooms.complete"


def test_a_file_that_lacks_a_promised_name_is_told_which() -> None:
    with pytest.raises(OrderwatchError, match=r"tests/config/rooms/lacking.py must offer build"):
        ROOM.module("lacking")


@pytest.mark.parametrize("kind", ["unheard_of", "_shared", "rooms.complete", ""])
def test_a_kind_without_a_file_is_answered_with_the_kinds_there_are(kind: str) -> None:
    with pytest.raises(OrderwatchError, match="kinds are complete, lacking"):
        ROOM.module(kind)


def test_every_source_there_is_keeps_its_promise() -> None:
    assert all(callable(registry.source_module(kind).build) for kind in registry.source_kinds())


def test_every_chat_there_is_keeps_its_promise() -> None:
    assert all(callable(registry.chat_module(kind).build) for kind in registry.chat_kinds())


def test_a_sources_filters_are_those_its_file_names() -> None:
    assert "purchaser_id" in registry.source_filters("schneider")
    assert registry.source_filters("twoservice") == frozenset()
