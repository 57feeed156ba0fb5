"""Where sharing an answer is offered, over the real store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.storage.sqlite import SqliteStorage
from tests.loops.asking import CHANNEL, OPERATOR, Bot, a_bot, key_of, one, panels
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


async def test_what_was_shared_is_not_shared_again_by_the_same_button_also_after_a_restart(
    storage: SqliteStorage,
) -> None:
    bot = await a_bot(storage, ManualClock(), panels(one()))
    share = key_of(await bot.ask("status 4500001"), "Share here")
    assert await is_public(bot, share)
    again = await a_bot(storage, ManualClock(), panels(one()))
    assert "was shared here before" in await again.hear(share, via="button", message="1.0")
    assert not await is_public(again, share)
    assert await is_public(again, share, message="2.0")


async def test_what_shows_something_newer_may_be_shared_again(storage: SqliteStorage) -> None:
    bot = await a_bot(storage, ManualClock(), panels(one()))
    shown = await bot.ask("status 4500001")
    assert await is_public(bot, key_of(shown, "Share here"))
    assert await bot.ask(key_of(shown, "Mute 1 h"), via="button", message="1.0")
    assert not await is_public(bot, key_of(shown, "Share here"))
    assert await bot.ask(key_of(shown, "Check now"), via="button", message="1.0")
    assert await is_public(bot, key_of(shown, "Share here"))


async def is_public(bot: Bot, key: str, message: str = "1.0") -> bool:
    """Whether a press under a message is answered to everybody."""
    reply = await bot.ask(key, via="button", message=message)
    return reply is not None and reply.is_public
