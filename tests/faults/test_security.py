"""What must not get out: secrets and persons, from the files, the process list, the logs and the chats."""

import asyncio
import logging
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.faults import FaultKind
from bot.sandbox.world import ACCOUNTS
from tests.faults.strain import several_looks, something_happens
from tests.journeys.scene import PATIENCE, Scene

ROOT = Path(__file__).parents[2]
PASSWORD = "in-the-address"
PERSONAL = (b"Please handle with care", b"1 Rue de la Paix", b"@example.com", b"CUST-6789")


def bytes_of(scene: Scene) -> bytes:
    """Every file of the database."""
    files = list(scene.path.parent.glob("orderwatch.db*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.glob("orderwatch.db*")}


def arguments_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


async def payloads_of(scene: Scene) -> bytes:
    await something_seen(scene)
    kept = [
        await scene.app.storage.payload("stateset", order.number, seq)
        for order in scene.world.orders("stateset")
        for seq in (1, 2, 3)
    ]
    return b"".join(payload.body for payload in kept if payload)


async def something_seen(scene: Scene) -> None:
    something_happens(scene)
    await several_looks(scene, 2)


async def test_no_person_is_kept_with_an_order(tmp_path: Path) -> None:
    async with Scene(tmp_path, orders=3) as scene:
        await scene.start()
        kept = await payloads_of(scene)
        assert b"order_line_items" in kept
        for personal in PERSONAL:
            assert personal not in kept
            assert personal not in bytes_of(scene)


async def test_persons_are_kept_where_the_operator_wants_it(tmp_path: Path) -> None:
    async with Scene(tmp_path, orders=3) as scene:
        scene.set("sources.stateset.personal_data", "keep")
        await scene.start()
        kept = await payloads_of(scene)
        assert all(personal in kept for personal in PERSONAL)


async def test_without_persons_the_bytes_that_came_are_still_what_is_compared(tmp_path: Path) -> None:
    async with Scene(tmp_path, orders=3) as scene:
        await scene.start()
        await scene.look(1000)
        before = scene.rows("orders")
        assert (await scene.look(1000)).is_none
        assert [row[:6] for row in scene.rows("orders")] == [row[:6] for row in before]


async def test_every_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    async with Scene(tmp_path, orders=2) as scene:
        await scene.start()
        files = modes(tmp_path)
    assert files == dict.fromkeys(
        ("orderwatch.db", "orderwatch.db-wal", "orderwatch.db-shm", "orderwatch.db.lock"), 0o600
    )


@pytest.mark.parametrize("fault", ["reset", "html", "garbled"])
async def test_a_password_inside_an_address_is_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: FaultKind
) -> None:
    async with Scene(tmp_path, orders=2) as scene:
        for account in ACCOUNTS:
            address = scene.settings["sources"][account]["base_url"]
            scene.set(f"sources.{account}.base_url", address.replace("http://", f"http://me:{PASSWORD}@"))
        scene.settings["sources"]["schneider"]["base_url"] += "/nowhere"
        with caplog.at_level(logging.DEBUG, "bot"):
            for faults in scene.sandbox.faults.values():
                faults.add(fault, path="dealers|order|supply", times=None)
            await scene.start()
            await several_looks(scene, 3)
        shown = [one.text for one in scene.sandbox.accepted]
        assert [text for text in shown if "Source failing" in text or "We cannot reach anything" in text]
        assert PASSWORD.encode() not in bytes_of(scene)
        assert PASSWORD not in "".join(shown)
        assert PASSWORD not in "".join(f"{record.message}{record.__dict__.get('facts')}" for record in caplog.records)


@asynccontextmanager
async def running(config: Path) -> AsyncIterator[int]:
    """Process id of a bot that runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        "-c",
        str(config),
        cwd=ROOT,
        env=dict(os.environ),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE):
            while b"event=started" not in await process.stderr.readline():
                assert process.returncode is None
        yield process.pid
    finally:
        process.kill()
        await process.communicate()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
async def test_no_secret_stands_in_the_list_of_processes(tmp_path: Path) -> None:
    async with Scene(tmp_path, orders=2) as scene:
        await scene.open()
        await scene.close()
        async with running(scene.path) as process:
            shown = arguments_of(process)
    assert b"watchlists.yaml" in shown
    for secret in (chat["bot_token"] for chat in scene.settings["chats"].values()):
        assert secret.encode() not in shown
