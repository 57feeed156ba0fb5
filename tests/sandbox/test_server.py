"""The whole sandbox on real sockets of the loopback."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import yaml

from bot.clock import SystemClock
from bot.config.load import load
from bot.sandbox.faults import CONTROL_PATH
from bot.sandbox.server import SLACK_CHANNEL, TELEGRAM_CHAT, Sandbox
from bot.sandbox.world import ACCOUNTS


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


async def test_every_account_and_chat_answers_at_an_address_of_its_own() -> None:
    async with Sandbox() as sandbox:
        assert set(sandbox.urls) == {*ACCOUNTS, "slack", "telegram"}
        assert len(set(sandbox.urls.values())) == 5
        assert {await status_of(url + CONTROL_PATH) for url in sandbox.urls.values()} == {200}


async def test_the_config_it_gives_can_be_used(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        (tmp_path / "watchlists.yaml").write_text(yaml.safe_dump(sandbox.config(every="2s", details="4s")))
    config = load(tmp_path / "watchlists.yaml", {})
    assert set(config.sources) == set(ACCOUNTS)
    assert {(each.orders, each.every, each.details) for each in config.watchlists.values()} == {
        (None, timedelta(seconds=2), timedelta(seconds=4))
    }


async def test_the_places_that_hear_are_those_of_the_config() -> None:
    async with Sandbox() as sandbox:
        destinations = sandbox.config()["destinations"].values()
        places = {(each["chat"], str(each.get("channel") or each["chat_id"])) for each in destinations}
        assert places == set(sandbox.hears) == {("slack", SLACK_CHANNEL), ("telegram", str(TELEGRAM_CHAT))}


async def test_both_chats_take_messages_and_the_judge_hears_of_them() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        chats = sandbox.config()["chats"]
        slack, telegram = chats["slack"], chats["telegram"]
        await session.post(
            slack["base_url"] + "chat.postMessage",
            headers={"Authorization": f"Bearer {slack['bot_token']}"},
            json={"channel": SLACK_CHANNEL, "text": "Status · 0: Open → Lost"},
        )
        url = f"{telegram['base_url']}{telegram['bot_token']}/sendMessage"
        await session.post(url, json={"chat_id": TELEGRAM_CHAT, "text": "👀 Now watching · all: 1 order"})
        verdict = sandbox.verdict(baseline=datetime.now(UTC), calm=datetime.now(UTC))
    assert [one.chat for one in sandbox.accepted] == ["slack", "telegram"]
    assert (verdict.messages, verdict.notices, len(verdict.false)) == (1, 1, 1)


async def test_nothing_happens_before_it_begins_nor_after_calm() -> None:
    async with Sandbox(speed=100_000.0, dwell=0.01) as sandbox:
        assert sandbox.world.facts == []
        sandbox.begin()
        async with asyncio.timeout(10):
            while not sandbox.world.facts:
                await SystemClock().sleep(0.02)
        calm = sandbox.calm()
        await SystemClock().sleep(0.05)
        assert all(fact.at <= calm for fact in sandbox.world.facts)


async def test_a_fault_hits_only_its_own_server() -> None:
    async with Sandbox() as sandbox:
        sandbox.faults["schneider"].add("status", status=500, times=None)
        assert await status_of(sandbox.urls["schneider"] + "/token") == 500
        assert await status_of(sandbox.urls["stateset"] + "/v1/orders") == 401


async def test_a_port_that_is_taken_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sandbox = Sandbox(port_base=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await sandbox.__aenter__()
    assert sandbox.urls == {}


async def test_it_ends_at_once_although_a_request_hangs() -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(5):
        async with Sandbox() as sandbox:
            sandbox.faults["stateset"].add("hang")
            asking = asyncio.create_task(session.get(sandbox.urls["stateset"]).__aenter__())
            await asyncio.wait({asking}, timeout=0.1)
        with pytest.raises(aiohttp.ClientError):
            await asking
