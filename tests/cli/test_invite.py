"""Letting people in from the terminal, and letting them go."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bot.core.access import hash_of
from bot.model.access import Grant
from bot.model.moment import Moment
from bot.sandbox.telegram import TelegramTwin
from bot.storage.sqlite import SqliteBeside
from tests.cli.conftest import CONFIG, SOURCE, Cli

NOW = Moment("2026-01-05T09:00:00Z")


@pytest.fixture
def telegram() -> Iterator[str]:
    """The settings of Telegram's twin, which is served beside this thread."""
    twin, loop = TelegramTwin(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = TestServer(twin.application())
    try:
        asyncio.run_coroutine_threadsafe(server.start_server(), loop).result(10)
        yield json.dumps(twin.settings(str(server.make_url("")).rstrip("/")))
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def test_an_invite_is_shown_once_and_kept_as_a_hash(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "invite", "--role", "watcher", "--sources", "panels")
    assert "no chat is in the config yet" in ended.err
    (code,) = re.findall(r"Code: +([\w-]{32})$", ended.out, re.MULTILINE)
    database = watched.parent / "orderwatch.db"
    assert code.encode() not in b"".join(path.read_bytes() for path in database.parent.glob("orderwatch.db*"))

    async def come_in() -> Grant | None:
        store = SqliteBeside(database)
        await store.open()
        try:
            return await store.talks.redeem(hash_of(code), Grant(chat="slack", person="U1"), NOW)
        finally:
            await store.close()

    grant = asyncio.run(come_in())
    assert grant is not None
    assert (grant.person, grant.role, grant.sources) == ("U1", "watcher", ("panels",))
    listed = cli("-c", str(watched), "members").out
    assert listed == cli("-c", str(watched), "members", "list").out
    assert ["slack", "U1", "person", "watcher", "panels"] in [line.split() for line in listed.splitlines()]
    assert cli("-c", str(watched), "members", "remove", "slack", "U1").code == 0
    assert cli("-c", str(watched), "members", "list").code == 4
    assert cli("-c", str(watched), "members", "remove", "slack", "U1").code == 4


def test_an_invite_names_the_bot_that_telegram_knows(cli: Cli, watched: Path, telegram: str) -> None:
    watched.write_text(f"{CONFIG}{SOURCE}chats:\n  telegram: {telegram}\n")
    out = cli("-c", str(watched), "invite").out
    assert re.search(r"Telegram: https://t\.me/order_status_bot\?start=[\w-]{32}\n", out)
    assert re.search(r"in a group: /start@order_status_bot [\w-]{32}\n", out)


def test_an_invite_is_good_where_telegram_cannot_be_reached(cli: Cli, watched: Path) -> None:
    telegram = "telegram: {bot_token: '1:A', base_url: 'http://127.0.0.1:9/bot'}"
    chats = f"chats:\n  {telegram}\n  slack: {{bot_token: xoxb-98-invite}}\n"
    watched.write_text(CONFIG + SOURCE + chats)
    ended = cli("-c", str(watched), "invite")
    assert ended.code == 0
    assert "Telegram did not tell the name of the bot" in ended.err
    assert re.search(r"write to the bot: /start [\w-]{32}\n", ended.out)
    assert re.search(r"Slack: +/order join [\w-]{32}\n", ended.out)


def test_an_invite_to_an_unknown_source_is_refused(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "invite", "--sources", "panel")
    assert (ended.code, "did you mean 'panels'?" in ended.err) == (2, True)
