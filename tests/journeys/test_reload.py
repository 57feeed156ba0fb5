"""The config changes under the running program: a good one takes over, a bad one is refused, nothing is sent twice."""

import json
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox import stateset
from bot.sandbox.server import Sandbox
from tests.journeys.process import ended, logged, program, written
from tests.journeys.scene import until
from tests.journeys.store import placed


@dataclass
class Watched:
    """A program that watches one account and has taken its baseline, and the file it was told to read."""

    sandbox: Sandbox
    process: Process
    path: Path
    settings: dict[str, Any]

    def write(self, text: str | None = None) -> None:
        """Write the file anew: the settings, or this text."""
        self.path.write_text(
            json.dumps(placed(self.settings, self.path.parent)) if text is None else text, encoding="utf-8"
        )

    def tell_only(self, *destinations: str) -> None:
        self.settings["watchlists"]["all of stateset"]["notify"] = [{"to": list(destinations)}]
        self.write()

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def texts(self, chat: str) -> list[str]:
        return [one.text for one in self.sandbox.accepted if one.chat == chat]

    def news(self, chat: str) -> list[str]:
        """What a chat was told about orders."""
        return [text for text in self.texts(chat) if "→" in text.splitlines()[0]]

    async def say(self, word: str) -> None:
        """Let something happen to every order, and wait until Telegram has been told of each."""
        orders = self.sandbox.world.orders("stateset")
        for order in orders:
            self.sandbox.world.say(order, word)
        await until(lambda: len([text for text in self.news("telegram") if f"→ {word}" in text]) == len(orders))


@asynccontextmanager
async def watched(folder: Path, **environ: str) -> AsyncIterator[Watched]:
    async with Sandbox(accounts=["stateset"], orders_per_account=3) as sandbox:
        settings = sandbox.config(one_by_one=True)
        if environ:
            settings["sources"]["stateset"]["token"] = "${TOKEN}"
        path = written(folder, settings)
        async with program("run", "-c", path, **environ) as process:
            it = Watched(sandbox, process, Path(path), settings)
            await until(lambda: len(sandbox.accepted) == 2)
            yield it
            process.send_signal(signal.SIGTERM)
            assert (await ended(process))[0] == 0


async def test_a_good_route_counts_from_the_next_change_on_and_nothing_is_sent_again(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        await it.say("Under review")
        await until(lambda: len(it.news("slack")) == 3)
        it.tell_only("sales")
        await logged(it.process, "config_reloaded")
        await it.say("Checked")
        assert [len(it.news(chat)) for chat in ("slack", "telegram")] == [3, 6]


async def test_what_is_owed_when_a_config_takes_over_arrives_once(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        it.sandbox.faults["telegram"].add("slow", "sendMessage", times=None, seconds=1)
        for order in it.sandbox.world.orders("stateset"):
            it.sandbox.world.say(order, "Under review")
        await until(lambda: len(it.news("slack")) == 3)
        it.settings["timezone"] = "Europe/Lisbon"
        it.write()
        it.hang_up()
        await logged(it.process, "config_reloaded")
        await until(lambda: len(it.news("telegram")) == 3)
        assert len(set(it.news("telegram"))) == 3
        assert len(it.news("slack")) == 3


async def test_a_wait_that_a_chat_asked_for_is_kept_by_every_destination_when_a_config_takes_over(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as it:
        it.sandbox.slack.add_channel("C2", "plant")
        it.settings["destinations"]["plant"] = {"chat": "slack", "channel": "C2"}
        it.tell_only("ops", "plant")
        await logged(it.process, "config_reloaded")
        it.sandbox.slack.rate_limit(1, seconds=6)
        it.sandbox.world.say(it.sandbox.world.orders("stateset")[0], "Under review")
        await logged(it.process, "send_failed")
        it.settings["timezone"] = "Europe/Lisbon"
        it.write()
        it.hang_up()
        await until(lambda: len(it.news("slack")) == 2)
        assert it.sandbox.slack.violations == []


async def test_bad_yaml_keeps_the_old_config_and_operators_hear_where_it_is_wrong_once(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        it.write("timezone: Europe/Paris\nsources: [\n")
        for _ in range(2):
            it.hang_up()
            assert "watchlists.yaml:3: is not YAML" in await logged(it.process, "config_refused")
        await it.say("Under review")
        refused = [text for text in it.texts("slack") if "Config refused" in text]
        assert len(refused) == 1
        assert "line 3: is not YAML" in refused[0]
        it.write()
        await until(lambda: any("Config in force" in text for text in it.texts("slack")))


async def test_an_unknown_destination_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        it.tell_only("sale")
        await until(
            lambda: any("there is no destination 'sale'; did you mean 'sales'?" in t for t in it.texts("slack"))
        )
        await it.say("Under review")


async def test_another_database_is_refused_without_a_restart(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        it.settings["database"] = "other.db"
        it.write()
        it.hang_up()
        assert "restart orderwatch" in await logged(it.process, "config_refused")
        await it.say("Under review")
        assert not (tmp_path / "other.db").exists()


async def test_a_signal_while_the_source_hangs_is_obeyed_at_once(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        it.sandbox.faults["stateset"].add("hang", times=None)
        await until(lambda: it.sandbox.faults["stateset"].injected["hang"] > 0)
        it.tell_only("sales")
        it.hang_up()
        await logged(it.process, "config_reloaded")
        it.sandbox.faults["stateset"].clear()
        await it.say("Under review")
        assert it.news("slack") == []


async def test_of_many_quick_changes_the_last_one_counts_and_a_half_written_file_is_no_news(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        for _ in range(20):
            it.write('{"timezone": ')
            it.tell_only("ops")
        it.tell_only("sales")
        await logged(it.process, "config_reloaded")
        await it.say("Under review")
        assert it.news("slack") == []


async def test_a_secret_in_a_file_of_its_own_is_read_again_when_it_changes(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(stateset.TOKEN)
    async with watched(tmp_path, TOKEN_FILE=str(secret)) as it:
        secret.write_text("another-token")
        await logged(it.process, "config_reloaded")
