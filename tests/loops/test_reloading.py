"""The loop that reads the config again: when it does, what it makes of a bad one, and whom it tells."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.core.voices import Voices
from bot.errors import ConfigError, Problem
from bot.files import Files
from bot.loops.reloader import LOOK_EVERY, Reloader
from bot.storage.sqlite import SqliteStorage
from tests.loops.scripted import open_storage


@dataclass(frozen=True)
class Written:
    """A config that is one word. `bad...` is refused."""

    path: Path
    word: str
    operators: tuple[str, ...] = ("desk",)
    voices: Voices = field(default_factory=Voices)


class SleptOn(ManualClock):
    """Tells when somebody goes to sleep: the loop has done what it had to do."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await super().sleep(seconds)


@dataclass
class Bench:
    """A reloader at work on a file, and what it did."""

    path: Path
    clock: SleptOn
    storage: SqliteStorage
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    read: list[str] = field(default_factory=list)

    def write(self, word: str) -> None:
        self.path.write_text(word)

    def take(self, files: Files) -> Written:
        word = files.read(self.path).decode()
        self.read.append(word)
        if word.startswith("bad"):
            raise ConfigError([Problem(str(self.path), 7, "watchlists.all.notify[0].to", f"is {word}")])
        return Written(self.path, word)

    async def pass_looks(self, count: int) -> None:
        """Let that many looks happen."""
        for _ in range(count):
            self.clock.asleep.clear()
            await self.clock.advance(LOOK_EVERY)
            await self.rest()

    async def ask(self) -> None:
        """Ask for a reading, and let it happen."""
        self.clock.asleep.clear()
        self.asked.set()
        await self.rest()

    async def rest(self) -> None:
        """Until the loop sleeps again, or ends."""
        waiting = [asyncio.create_task(event.wait()) for event in (self.clock.asleep, self.stop)]
        done, late = await asyncio.wait(waiting, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        assert done
        for task in late:
            task.cancel()

    async def told(self) -> list[str]:
        rows = await self.storage.notifications()
        return [" ".join(span.text for span in row.message.headline.spans if span.type == "text") for row in rows]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = SleptOn()
    storage = await open_storage(tmp_path, clock)
    made = Bench(tmp_path / "watchlists.yaml", clock, storage)
    made.write("first")
    yield made
    made.stop.set()
    await storage.close()


@pytest.fixture
async def reloader(bench: Bench) -> AsyncIterator[Reloader[Written]]:
    files = Files()
    config = bench.take(files)
    made = Reloader(config, files, bench.take, bench.storage, bench.clock, bench.asked)
    running = asyncio.create_task(made.run(bench.stop))
    await bench.rest()
    yield made
    bench.stop.set()
    await running


async def test_a_file_that_stays_the_same_is_not_read_again(bench: Bench, reloader: Reloader[Written]) -> None:
    await bench.pass_looks(5)
    assert bench.read == ["first"]


async def test_a_changed_file_takes_over_once_it_rests(bench: Bench, reloader: Reloader[Written]) -> None:
    bench.write("second")
    await bench.pass_looks(1)
    assert (reloader.config.word, bench.stop.is_set()) == ("first", False)
    await bench.pass_looks(1)
    assert (reloader.config.word, bench.stop.is_set()) == ("second", True)
    assert await bench.told() == []


async def test_a_file_that_is_still_being_written_is_not_read(bench: Bench, reloader: Reloader[Written]) -> None:
    for word in ("bad: ha", "bad: half", "bad: half-written", "whole"):
        bench.write(word)
        await bench.pass_looks(1)
    await bench.pass_looks(1)
    assert bench.read == ["first", "whole"]


async def test_a_file_that_is_away_while_an_editor_renames_is_no_news(
    bench: Bench, reloader: Reloader[Written]
) -> None:
    bench.path.unlink()
    await bench.pass_looks(1)
    bench.write("first")
    await bench.pass_looks(3)
    assert (bench.read, await bench.told()) == (["first"], [])


async def test_a_bad_file_changes_nothing_and_operators_are_told_once(
    bench: Bench, reloader: Reloader[Written], caplog: pytest.LogCaptureFixture
) -> None:
    bench.write("bad")
    await bench.pass_looks(5)
    assert (reloader.config.word, bench.stop.is_set()) == ("first", False)
    row = (await bench.storage.notifications())[0]
    assert (row.destination, row.kinds) == ("desk", ("config_refused",))
    assert row.message.body[0].spans[0].model_dump()["text"] == "line 7: watchlists.all.notify[0].to: is bad"
    assert len(await bench.told()) == 1
    assert "config_refused" in caplog.text


async def test_asking_again_for_the_same_bad_file_tells_nobody_again(bench: Bench, reloader: Reloader[Written]) -> None:
    bench.write("bad")
    for _ in range(3):
        await bench.ask()
    assert bench.read == ["first", "bad", "bad", "bad"]
    assert len(await bench.told()) == 1


async def test_several_workers_that_read_the_same_bad_file_tell_it_once_and_its_end_once(
    bench: Bench, reloader: Reloader[Written]
) -> None:
    files = Files()
    other = Reloader(bench.take(files), files, bench.take, bench.storage, bench.clock, asyncio.Event())
    for word, told in (("bad", 1), ("first", 2)):
        bench.write(word)
        await bench.pass_looks(2)
        running = asyncio.create_task(other.run(ended := asyncio.Event()))  # it looks some seconds later
        await bench.pass_looks(3)
        assert (bench.read[-2:], len(await bench.told())) == ([word, word], told)
        ended.set()
        await running


async def test_each_bad_version_is_told_and_the_good_one_after_it(bench: Bench, reloader: Reloader[Written]) -> None:
    for word in ("bad", "bad still", "second"):
        bench.write(word)
        await bench.pass_looks(2)
    assert [words.split(" · ")[0].strip() for words in await bench.told()] == [
        "Config refused",
        "Config refused",
        "Config in force",
    ]


async def test_going_back_to_what_runs_after_a_bad_file_restarts_nothing(
    bench: Bench, reloader: Reloader[Written]
) -> None:
    for word in ("bad", "first"):
        bench.write(word)
        await bench.pass_looks(2)
    assert not bench.stop.is_set()
    assert len(await bench.told()) == 2


async def test_being_asked_reads_at_once_and_an_equal_config_restarts_nothing(
    bench: Bench, reloader: Reloader[Written]
) -> None:
    await bench.ask()
    assert (bench.read, bench.stop.is_set()) == (["first", "first"], False)


async def test_a_change_made_while_a_bad_one_is_read_is_not_missed(bench: Bench, reloader: Reloader[Written]) -> None:
    bench.write("bad")
    await bench.pass_looks(2)
    bench.write("second")
    await bench.pass_looks(2)
    assert reloader.config.word == "second"


async def test_a_pipe_is_not_read_a_second_time(tmp_path: Path) -> None:
    files, pipe = Files(), tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = asyncio.create_task(asyncio.to_thread(pipe.write_text, "once"))
    assert await asyncio.to_thread(files.read, pipe) == b"once"
    await writing
    assert files.now() == files.held
