"""Suppliers that fail: never news of what did not happen, one notice to operators, one when it is over."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox import schneider
from bot.sandbox.faults import FaultKind, Faults
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene, until

ACCOUNTS = ("schneider", "stateset", "twoservice")


async def told(scene: Scene, passes: int, after: float = 2000.0) -> list[str]:
    """Headlines in Slack of some passes."""
    return [text.split("\n")[0] for _ in range(passes) for text in (await scene.look(after)).slack]


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("kind", ["status", "html", "truncated", "empty", "garbled", "reset", "cut", "deep"])
async def test_an_outage_is_one_notice_and_its_end_another_and_never_news(
    watching: Stage, account: str, kind: FaultKind
) -> None:
    scene = await watching(account)
    scene.sandbox.faults[account].add(kind, times=None, status=500)
    (failing,) = await told(scene, 5)
    assert failing.startswith(f"🔌 Source failing · {account}")
    scene.sandbox.faults[account].clear()
    (recovered,) = await told(scene, 3)
    assert recovered.startswith(f"✅ Source recovered · {account}")
    assert scene.verdict().is_clean, str(scene.verdict())


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_what_happened_during_an_outage_is_told_after_it(watching: Stage, account: str) -> None:
    scene = await watching(account)
    scene.sandbox.faults[account].add("status", times=None, status=502)
    scene.world.cancel(scene.order(account, "placed"))
    await told(scene, 4)
    scene.sandbox.faults[account].clear()
    assert len([line for line in await told(scene, 3) if "→ Cancelled" in line]) == 1
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_an_outage_survives_a_restart_and_is_not_told_again(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.faults["stateset"].add("status", times=None, status=500)
    assert len(await told(scene, 4)) == 1
    await scene.restart()
    assert await told(scene, 3) == []


async def test_a_pass_started_anew_each_time_finds_its_way_out_of_an_outage_and_tells_of_the_next(stage: Stage) -> None:
    scene = await (await stage("stateset")).start()
    lines = []
    for _ in range(2):
        for fails in (True, True, True, False, False):
            scene.sandbox.faults["stateset"].clear()
            if fails:
                scene.sandbox.faults["stateset"].add("status", times=None, status=500)
            await scene.restart()
            lines += await told(scene, 1)
    assert [line[2:].split(" · ")[0] for line in lines] == ["Source failing", "Source recovered"] * 2


async def test_one_supplier_that_fails_does_not_hold_up_the_others(watching: Stage) -> None:
    scene = await watching()
    scene.sandbox.faults["schneider"].add("status", times=None, status=500)
    scene.world.confirm(scene.order("stateset", "placed"))
    scene.world.dispatch(scene.order("twoservice", "placed"))
    assert len((await scene.look()).telegram) == 2


async def test_a_source_that_asks_to_wait_is_left_alone_that_long(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("sources.stateset.in_flight", 1)
    await scene.start()
    scene.sandbox.faults["stateset"].add("status", status=429, retry_after="1800")
    await scene.look()
    before = scene.requests("stateset")
    await scene.look(1000)
    assert scene.requests("stateset") == before
    scene.world.confirm(scene.order("stateset", "placed"))
    assert (await scene.look(1000)).is_one_message_with("→ Confirmed")


@pytest.mark.parametrize("account", ["schneider", "stateset"])
async def test_older_answers_in_between_are_no_news(watching: Stage, account: str) -> None:
    scene = await watching(account)
    scene.world.confirm(scene.order(account, "placed"))
    assert (await scene.look()).is_one_message_with("→ Confirmed")
    scene.sandbox.faults[account].add("stale", times=None)
    assert (await scene.look()).is_none
    scene.sandbox.faults[account].clear()
    assert (await scene.look(4000)).is_none


async def test_an_oauth_token_that_ran_out_is_renewed_without_a_word(watching: Stage) -> None:
    scene = await watching("schneider")
    scene.clock.leap(timedelta(hours=2).total_seconds())
    scene.world.confirm(scene.order("schneider", "placed"))
    assert (await scene.look()).is_one_message_with("→ Confirmed")


async def test_an_oauth_token_revoked_in_the_middle_of_a_pass_is_renewed_without_a_word(stage: Stage) -> None:
    scene = await stage("schneider")
    faults = Faults()
    application = schneider.application(scene.world, "schneider", faults)
    await scene.serve("schneider", application)
    await scene.start()
    scene.world.cancel(scene.order("schneider", "placed"))
    faults.add("slow", r"/orders/FR/\d+$", seconds=60)
    async with scene.meanwhile(61):
        await until(lambda: faults.injected["slow"] == 1)
        application[schneider.TOKENS].revoke()
        faults.clear()
    assert scene.news().is_one_message_with("→ Cancelled")
    assert application[schneider.TOKENS].given == 2


async def test_a_session_of_2service_that_fell_asleep_is_opened_again_without_a_word(watching: Stage) -> None:
    scene = await watching("twoservice")
    scene.clock.leap(timedelta(minutes=30).total_seconds())
    scene.world.dispatch(scene.order("twoservice", "placed"))
    assert (await scene.look()).is_one_message_with("Dispatched · ")


async def test_wrong_credentials_are_told_at_once_and_not_tried_all_the_time(stage: Stage) -> None:
    scene = await stage("twoservice")
    scene.set("sources.twoservice.password", "wrong & long gone")
    await scene.open()
    assert (await scene.look()).slack[0].startswith("🔌 Source failing · twoservice")
    before = scene.requests("twoservice")
    await scene.look(200)
    assert scene.requests("twoservice") == before


@pytest.mark.parametrize("kind", ["status", "html", "truncated", "empty"])
async def test_a_first_look_that_breaks_off_in_the_middle_is_no_baseline(stage: Stage, kind: FaultKind) -> None:
    scene = await stage("schneider", orders=12)
    scene.set("sources.schneider.page_size", 5)
    scene.sandbox.faults["schneider"].add(kind, r"/orders/FR$", skip=1)
    await scene.open()
    assert (await scene.look()).is_none
    assert (await scene.look(2000)).is_one_message_with("Now watching", "12 orders")
    assert (await scene.look(2000)).is_none


async def test_an_account_that_lists_nothing_yet_is_no_baseline_either(stage: Stage) -> None:
    scene = await stage("stateset")
    orders = scene.world.orders("stateset")
    for order in orders:
        scene.world.vanish(order)
    await scene.open()
    assert (await scene.look()).is_none
    for order in orders:
        scene.world.reappear(order)
    assert (await scene.look()).is_one_message_with("Now watching", "6 orders")


@pytest.mark.parametrize(("asked_for", "ends"), [("45", " UTC (in 45 s)"), ("7200", "11:02 UTC")])
async def test_a_pass_says_when_a_source_that_asks_to_wait_is_asked_again(
    stage: Stage, asked_for: str, ends: str
) -> None:
    scene = await stage("stateset")
    scene.set("sources.stateset.in_flight", 1)
    await scene.start()
    scene.sandbox.faults["stateset"].add("status", status=429, retry_after=asked_for)
    scene.clock.leap(61)
    assert (await scene.once()).failing["stateset"].endswith(ends)


async def test_a_pass_that_a_budget_holds_up_says_so_once(tmp_path: Path) -> None:
    async with Scene(tmp_path, "stateset", orders=12) as scene:
        scene.set("sources.stateset.budget", "2/min")
        await scene.open()
        said: list[str] = []
        await scene.app.once(said.append)
        await scene.close()
    (waits,) = said
    assert waits.startswith("stateset: waiting for its budget of 2/min, ")


async def test_a_day_s_budget_is_kept_by_all_passes_of_the_day_together(tmp_path: Path) -> None:
    async with Scene(tmp_path, "stateset", orders=6) as scene:
        scene.set("sources.stateset.daily_budget", "6/day")
        for _ in range(2):
            await scene.open()
            done = await scene.once()
            await scene.close()
        assert scene.requests("stateset") <= 6
        assert "its budget of 6/day is spent" in done.failing["stateset"]
