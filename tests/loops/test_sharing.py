"""Where sharing an answer is offered, over the real store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.storage.sqlite import SqliteStorage
from tests.loops.asking import CHANNEL, OPERATOR, a_bot, one, panels
from tests.loops.scripted import open_storage


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    opened = await open_storage(tmp_path, ManualClock())
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("text", "where", "is_offered"),
    [
        ("status 4500001", {}, True),
        ("status 4500001 share", {}, False),
        ("status 4500001", {"is_private": True}, False),
        ("status 4500001", {"is_overheard": True}, False),
    ],
)
async def test_sharing_is_offered_where_others_are_who_do_not_read_it_already(
    storage: SqliteStorage, text: str, where: dict[str, Any], is_offered: bool
) -> None:
    bot = await a_bot(storage, ManualClock(), panels(one()), grants=(CHANNEL, OPERATOR))
    reply = await bot.ask(text, **where)
    assert reply is not None
    labels = [button.label for button in reply.buttons]
    assert "History" in labels
    assert ("Share here" in labels) is is_offered
