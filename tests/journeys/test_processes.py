"""The program as people start it: processes of their own, the machine's clock, signals."""

import asyncio
import hashlib
import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from bot.sandbox import schneider, stateset, twoservice
from bot.sandbox.server import Sandbox
from tests.journeys.process import done, ended, program, written
from tests.journeys.scene import until
from tests.journeys.store import content

STOPPED = "no bot runs on this database; start it with `orderwatch run`\n"


def watching(sandbox: Sandbox) -> int:
    """How many summaries of watchlists the chats have shown."""
    return len([one for one in sandbox.accepted if "Now watching" in one.text])


def secrets_of(settings: dict[str, Any]) -> list[str]:
    """Everything that opens anything, also as it stands in a URL, and what the suppliers gave for it."""
    chats = [chat["bot_token"] for chat in settings["chats"].values()]
    sessions = [hashlib.sha256(f"session {login}".encode()).hexdigest()[:32] for login in range(1, 20)]
    password = twoservice.PASSWORD
    return [schneider.CLIENT_SECRET, stateset.TOKEN, password, quote_plus(password), "SandboxToken", *chats, *sessions]


async def test_a_terminated_program_drains_in_time_and_the_next_one_continues_without_a_repeat(tmp_path: Path) -> None:
    async with Sandbox(accounts=["stateset"], orders_per_account=5) as sandbox:
        path = written(tmp_path, sandbox.config(one_by_one=True))
        async with program("run", "-c", path) as process:
            await until(lambda: watching(sandbox) == 2)
            baseline = sandbox.clock.now()
            for order in sandbox.world.orders("stateset")[:4]:
                sandbox.world.say(order, "Under review")
            await until(lambda: len(sandbox.accepted) >= 2 + 3)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert (await ended(process))[0] == 0
        assert not sandbox.verdict(baseline=baseline, calm=baseline).duplicates
        async with program("run", "-c", path) as process:
            await until(lambda: sandbox.verdict(baseline=baseline, calm=sandbox.clock.now()).missed == ())
            process.send_signal(signal.SIGTERM)
            assert (await ended(process))[0] == 0
        verdict = sandbox.verdict(baseline=baseline, calm=sandbox.clock.now())
        assert verdict.is_clean, str(verdict)
        assert watching(sandbox) == 2


async def test_a_program_that_was_stopped_is_known_to_be_at_once(tmp_path: Path) -> None:
    async with Sandbox(accounts=["stateset"]) as sandbox:
        path = written(tmp_path, sandbox.config(one_by_one=True))
        async with program("run", "-c", path) as process:
            await until(lambda: watching(sandbox) == 2)
            assert (await done("healthcheck", "-c", path))[0] == 0
            process.send_signal(signal.SIGTERM)
            await ended(process)
        assert await done("healthcheck", "-c", path) == (1, STOPPED)


async def test_once_twice_from_the_command_line_sends_nothing_the_second_time(tmp_path: Path) -> None:
    async with Sandbox(accounts=["twoservice"]) as sandbox:
        path = written(tmp_path, sandbox.config(one_by_one=True))
        first, second = await done("once", "-c", path, "--json"), await done("once", "-c", path, "--json")
        assert (first[0], second[0]) == (0, 0)
        assert json.loads(second[1])["sent"] == 0
        assert len(sandbox.accepted) == 2


async def test_a_second_program_on_the_same_database_is_refused_with_the_holder(tmp_path: Path) -> None:
    async with Sandbox(accounts=["stateset"]) as sandbox:
        path = written(tmp_path, sandbox.config(one_by_one=True))
        async with program("run", "-c", path) as holder:
            await until(lambda: watching(sandbox) == 2)
            code, words = await done("once", "-c", path)
            assert code == 1
            assert f"in use by orderwatch (process {holder.pid} " in words
            assert "Traceback" not in words


async def test_no_secret_is_in_the_database_the_output_or_a_message(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        settings = sandbox.config(one_by_one=True)
        path = written(tmp_path, settings)
        printed = (await done("once", "-v", "-c", path))[1]
        for name, faults in sandbox.faults.items():
            faults.add("status", skip=1, status=500, body=json.dumps(settings))
            faults.add("html", "token|authenticate|retrieve|chat.postMessage|sendMessage")
            faults.add("status", skip=1, status=401, body=json.dumps(settings["sources"].get(name)))
        for account in sandbox.accounts:
            sandbox.world.cancel(sandbox.world.orders(account)[0])
        printed += "".join([(await done("once", "-v", "-c", path))[1] for _ in range(2)])
        messages = "".join(f"{one.text}{one.payload}" for one in sandbox.accepted)
    assert "HTTP 500" in printed
    assert "Now watching" in messages
    for secret in secrets_of(settings):
        assert secret not in printed
        assert secret not in messages
        assert secret.encode() not in content(tmp_path)


async def test_the_shortest_demo_waits_for_what_it_owes_before_it_judges() -> None:
    code, out = await done("demo", "--seconds", "5", "--json")
    summary = json.loads(out.splitlines()[-1])["summary"]
    assert (code, summary["missed"], summary["false"], summary["changes"] > 0) == (0, 0, 0, True)
