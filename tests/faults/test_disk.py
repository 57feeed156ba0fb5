"""The disk and the file on it: a clear error, no lie told in chat, and everything told once it is well again."""

import asyncio
import logging
import os
import resource
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.errors import StorageError
from bot.loops.supervisor import BEAT_EVERY, Supervisor
from bot.model.moment import Moment, from_instant
from bot.storage.sqlite import SqliteStorage
from tests.faults.strain import LATER
from tests.journeys.scene import Scene, until


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path, "stateset", orders=3) as opened:
        yield await opened.start()


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 512)
    return ballast


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)


async def test_a_full_disk_is_called_full_and_everything_is_told_once_there_is_room(small_disk: Path) -> None:
    async with Scene(small_disk, "stateset", orders=3) as scene:
        await scene.start()
        ballast = fill(small_disk)
        scene.world.confirm(scene.order("stateset", "placed"))
        with pytest.raises(StorageError, match="the disk is full, nothing of this was written; free some space"):
            await scene.look(LATER)
        assert scene.news().is_none
        ballast.unlink()
        assert (await scene.look(LATER)).is_one_message_with("Pending → Confirmed")
        assert scene.verdict().is_clean, str(scene.verdict())


@pytest.mark.parametrize("chat", ["slack", "telegram"])
async def test_a_disk_that_fills_while_a_message_is_on_its_way_costs_at_most_a_repeat_that_says_so(
    small_disk: Path, chat: str
) -> None:
    async with Scene(small_disk, "stateset", orders=3) as scene:
        await scene.start()
        scene.world.confirm(scene.order("stateset", "placed"))
        # the chat shows it at once, and the disk is full before its answer has come
        slow = scene.sandbox.faults[chat].add("drip", path=r"postMessage|sendMessage", seconds=0.01)

        async def look_while_it_fills() -> None:
            async with scene.meanwhile(LATER):
                await until(lambda: slow.injected > 0)
                fill(small_disk)

        with pytest.raises(StorageError, match="the disk is full"):
            await look_while_it_fills()
        (small_disk / "ballast").unlink()
        for _ in range(3):
            await scene.look(LATER)
        verdict = scene.verdict()
        assert verdict.is_clean, str(verdict)
        marked = [message.chat for message in scene.sandbox.accepted if "may be a repeat" in message.text]
        assert "slack" not in marked  # there it is found; in Telegram nobody can look
        assert chat == "slack" or marked == ["telegram"]


async def test_a_read_only_file_system_is_refused_at_the_start_with_what_to_do(small_disk: Path) -> None:
    storage = SqliteStorage(small_disk / "orderwatch.db", ManualClock())
    await storage.open()
    await storage.close()
    make_read_only(small_disk)
    with pytest.raises(StorageError, match="Read-only file system; check the folder, its permissions"):
        await storage.open()


async def test_a_program_that_holds_the_database_delays_news_and_is_named(scene: Scene) -> None:
    scene.world.confirm(scene.order("stateset", "placed"))
    with closing(sqlite3.connect(scene.database, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StorageError, match="another program holds it and did not let go in time"):
            await scene.look(LATER)
        assert scene.news().is_none
    await scene.app.storage.beat([], from_instant(scene.clock.now()))  # after whatever still waited for the lock
    assert (await scene.look(LATER)).is_one_message_with("Pending → Confirmed")


async def test_a_file_that_was_deleted_is_missed_at_once_and_nothing_is_told_from_it(scene: Scene) -> None:
    scene.world.confirm(scene.order("stateset", "placed"))
    away = scene.database.rename(scene.database.with_name("away.db"))
    with pytest.raises(StorageError, match="was deleted, or replaced by another file, while in use"):
        await scene.look(LATER)
    assert scene.news().is_none
    away.rename(scene.database)
    assert (await scene.look(LATER)).is_one_message_with("Pending → Confirmed")


async def test_a_file_that_was_replaced_is_not_taken_for_the_one_that_was_opened(scene: Scene) -> None:
    scene.database.with_name("other.db").write_bytes(scene.database.read_bytes())
    scene.database.with_name("other.db").replace(scene.database)
    with pytest.raises(StorageError, match="To go on with another one, start the program again"):
        await scene.look(LATER)


async def test_a_lock_that_was_deleted_stops_the_writing_before_a_second_program_starts(scene: Scene) -> None:
    scene.database.with_name("orderwatch.db.lock").unlink()
    scene.world.confirm(scene.order("stateset", "placed"))
    with pytest.raises(StorageError, match=r"orderwatch\.db\.lock was deleted"):
        await scene.look(LATER)
    assert scene.news().is_none


async def test_a_damaged_page_is_called_damage_and_nothing_is_told_from_it(scene: Scene) -> None:
    await scene.close()
    with scene.database.open("r+b") as file:
        size = file.seek(0, 2)
        for page in range(1, size // 4096):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)
    scene.world.confirm(scene.order("stateset", "placed"))
    with pytest.raises(StorageError, match="the file is damaged; keep a copy of it and go back to a backup"):
        await scene.open()
    assert scene.news().is_none


class ForgetfulStorage(SqliteStorage):
    """A store that cannot take the first sign of life."""

    given = 0

    async def beat(self, alive: Sequence[str], at: Moment, silent: Sequence[str] = ()) -> None:
        self.given += 1
        if self.given == 1:
            raise StorageError("orderwatch.db: the disk is full")


async def nobody_hears(errors: Mapping[str, str]) -> None:
    raise AssertionError(errors)


class Waiting:
    """A loop that only waits for its end."""

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


async def test_a_sign_of_life_that_could_not_be_written_is_not_the_last(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, stop = ManualClock(), asyncio.Event()
    storage = ForgetfulStorage(tmp_path / "o.db", clock)
    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(Supervisor({"waiting": Waiting()}, storage, clock, nobody_hears).run(stop))
        await clock.advance(BEAT_EVERY)
        stop.set()
        await running
    assert storage.given == 2
    assert [record.message for record in caplog.records] == ["beat_failed"]


@contextmanager
def no_file_more() -> Iterator[None]:
    """Everything that this process may open is open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        with suppress(OSError):
            while True:
                stack.enter_context(open(os.devnull))  # noqa: PTH123
        yield


async def test_while_no_file_can_be_opened_nothing_is_told_and_everything_is_afterwards(scene: Scene) -> None:
    scene.world.confirm(scene.order("stateset", "placed"))
    with no_file_more(), suppress(StorageError):
        await scene.look(LATER)
    assert scene.news().is_none
    for _ in range(3):
        await scene.look(LATER)
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_one_pass_ends_where_nothing_is_kept_of_what_it_spends(tmp_path: Path) -> None:
    async with Scene(tmp_path, "twoservice", orders=3) as thrifty:
        thrifty.set("sources.twoservice.daily_budget", "50/day")
        await thrifty.open()
        with closing(sqlite3.connect(thrifty.database)) as another:
            another.execute("create trigger broken before update on spent begin select raise(abort, 'broken'); end")
        async with asyncio.timeout(20) as patience:
            with pytest.raises(StorageError, match="broken"):
                await thrifty.once()
        assert not patience.expired()
