"""Clocks that jump, summer time, and the way back from a backup: nothing is told twice, and nothing is not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.model.moment import from_instant
from bot.model.outbox import State
from bot.sandbox.world import ACCOUNTS
from bot.storage.backup import backup, restore
from tests.faults.strain import LATER, something_happens
from tests.journeys.scene import LeapingClock, Scene

HOUR = 3600.0


class WrongClock(LeapingClock):
    """The product's clock, whose wall time is `off` by some seconds; seconds since the start never jump."""

    def __init__(self, right: LeapingClock) -> None:
        super().__init__()
        self._right = right
        self.off = 0.0

    def now(self) -> datetime:
        return self._right.now() + timedelta(seconds=self.off)

    def monotonic(self) -> float:
        return self._right.monotonic()

    def leap(self, seconds: float) -> None:
        self._right.leap(seconds)

    async def sleep(self, seconds: float) -> None:
        await self._right.sleep(seconds)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_wall_clock_that_jumps_an_hour_is_no_news_and_loses_none(tmp_path: Path, jump: float) -> None:
    async with Scene(tmp_path, orders=3) as scene:
        scene.clock = clock = WrongClock(scene.clock)
        await scene.start()
        clock.off = jump
        assert (await scene.look(LATER)).is_none
        something_happens(scene)
        news = await scene.look(LATER)
        assert (len(news.slack), len(news.telegram)) == (3, 3)
        clock.off = 0.0
        assert (await scene.look(LATER)).is_none


@pytest.mark.parametrize("ahead", [HOUR, 14 * HOUR])
async def test_a_lost_answer_is_found_though_our_clock_was_hours_ahead_when_it_was_sent(
    tmp_path: Path, ahead: float
) -> None:
    async with Scene(tmp_path, "stateset", orders=3) as scene:
        scene.clock = clock = WrongClock(scene.clock)
        await scene.start()
        clock.off = ahead
        scene.sandbox.slack.drop_after(2)  # that of the card, and that of the news under it
        scene.world.confirm(scene.order("stateset", "placed"))
        told = list((await scene.look()).slack)
        clock.off = 0.0
        told += [text for _ in range(8) for text in (await scene.look(LATER)).slack]
        assert len(told) == 1
        assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_clock_set_back_while_a_chat_is_down_does_not_make_what_is_owed_wait_any_longer(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, "stateset", orders=3) as scene:
        scene.clock = clock = WrongClock(scene.clock)
        await scene.start()
        scene.sandbox.faults["telegram"].add("reset", times=None)
        scene.world.confirm(scene.order("stateset", "placed"))
        await scene.look()
        clock.off = -8 * HOUR
        scene.sandbox.faults["telegram"].clear()
        assert len((await scene.look(LATER)).telegram) == 1


async def test_a_clock_set_back_while_a_source_is_down_does_not_make_it_wait_any_longer(tmp_path: Path) -> None:
    async with Scene(tmp_path, "stateset", orders=3) as scene:
        scene.clock = clock = WrongClock(scene.clock)
        await scene.start()
        scene.sandbox.faults["stateset"].add("status", status=503, retry_after="600", times=None)
        await scene.look()
        clock.off = -8 * HOUR
        scene.sandbox.faults["stateset"].clear()
        scene.world.confirm(scene.order("stateset", "placed"))
        assert (await scene.look(LATER)).is_one_message_with("Pending → Confirmed")


async def test_a_machine_that_slept_asks_a_source_again_at_once(tmp_path: Path) -> None:
    async with Scene(tmp_path, "stateset", orders=3) as scene:
        scene.clock = clock = WrongClock(scene.clock)
        await scene.start()
        scene.sandbox.faults["stateset"].add("reset", times=None)
        for _ in range(5):
            await scene.look()
        clock.off = 8 * HOUR  # the other clock stands still in the meantime
        scene.sandbox.faults["stateset"].clear()
        before = scene.requests("stateset")
        await scene.look(1)
        assert scene.requests("stateset") > before


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
async def test_the_night_of_summer_time_is_a_night_like_any_other(tmp_path: Path, change: datetime) -> None:
    async with Scene(tmp_path, orders=3) as scene:
        await scene.start()
        await scene.look((change - scene.clock.now()).total_seconds() - 2 * HOUR)
        order = scene.world.orders("twoservice")[0]
        shipments = [shipment for shipment in order.shipments if shipment.dispatched_at is None]
        for _ in range(24):
            if shipments:
                shipments.pop()
                scene.world.dispatch(order, partial=True)
            something_happens(scene)
            await scene.look(600)
        assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_backup_restored_in_an_empty_folder_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    async with Scene(tmp_path / "old", *ACCOUNTS, orders=3) as scene:
        await scene.start()
        something_happens(scene)
        await scene.look(LATER)
        scene.sandbox.faults["telegram"].add("reset", path="sendMessage")
        something_happens(scene)
        await scene.look(LATER)  # Slack has it all, Telegram is owed some
        backup(scene.database, tmp_path / "copy.db")
        await scene.close()
        scene.path = tmp_path / "new" / "watchlists.yaml"
        restore(tmp_path / "copy.db", scene.database, holder="a test", at=from_instant(scene.clock.now()))
        await scene.open()
        for _ in range(4):
            await scene.look(LATER)
        verdict = scene.verdict()
        assert verdict.is_clean, str(verdict)
        assert not [one for one in scene.sandbox.slack.accepted if "may be a repeat" in one.text]


@pytest.mark.parametrize("fault", ["", "drop_after"])
async def test_what_was_on_its_way_to_telegram_when_a_copy_was_made_is_tried_once_more_and_says_so(
    tmp_path: Path, fault: str
) -> None:
    (tmp_path / "new").mkdir()
    async with Scene(tmp_path, "stateset", orders=3) as scene:
        await scene.start()
        scene.sandbox.faults["telegram"].add("reset", path="sendMessage")
        scene.world.confirm(scene.order("stateset", "placed"))
        await scene.look(LATER)
        scene.clock.leap(LATER)
        owed = [row.id for row in await scene.app.storage.notifications(states=[State.PENDING])]
        await scene.app.storage.claim(owed, now=from_instant(scene.clock.now()))  # it is being sent now
        assert len(await scene.app.storage.notifications(states=[State.SENDING])) == 1
        backup(scene.database, tmp_path / "copy.db")
        await scene.close()
        scene.path = tmp_path / "new" / "watchlists.yaml"
        restore(tmp_path / "copy.db", scene.database, holder="a test", at=from_instant(scene.clock.now()))
        if fault:
            scene.sandbox.faults["telegram"].add("drop_after", path="sendMessage")
        await scene.open()
        texts = [text for _ in range(4) for text in (await scene.look(LATER)).telegram]
        assert [("Confirmed" in text, "(may be a repeat)" in text) for text in texts] == [(True, True)]
