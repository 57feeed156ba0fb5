"""An outage is one story: operators hear of it once, of its end once, and readers only of what really happened."""

import pytest

from bot.model.outbox import State
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene

ACCOUNTS = ("schneider", "stateset", "twoservice")
TEN_MINUTES = 600.0


async def hours(scene: Scene, number: float) -> list[str]:
    """So many hours of looks, ten minutes apart. Returns what operators and readers were shown in Slack."""
    return [text for _ in range(round(number * 6)) for text in (await scene.look(TEN_MINUTES)).slack]


def cut(scene: Scene, *names: str) -> None:
    for name in names:
        scene.sandbox.faults[name].add("reset", times=None)


def mend(scene: Scene, *names: str) -> None:
    for name in names:
        scene.sandbox.faults[name].clear()


def headlines(texts: list[str]) -> list[str]:
    return [text.split("\n")[0] for text in texts]


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_three_hours_without_a_supplier_are_two_messages_to_operators_and_none_to_readers(
    watching: Stage, account: str
) -> None:
    scene = await watching()
    scene.sandbox.faults[account].add("status", times=None, status=500)
    during = await hours(scene, 3)
    mend(scene, account)
    failing, recovered = headlines(during + await hours(scene, 1))
    assert failing.startswith(f"🔌 Source failing · {account}")
    assert recovered.startswith(f"✅ Source recovered · {account}")
    assert [one.text for one in scene.sandbox.telegram.accepted if "Now watching" not in one.text] == []


async def test_the_end_of_an_outage_says_how_long_it_was_and_how_much_was_found(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.faults["stateset"].add("status", times=None, status=500)
    scene.world.cancel(scene.order("stateset", "placed"))
    scene.world.dispatch(scene.order("stateset", "in_production"))
    await hours(scene, 3)
    mend(scene, "stateset")
    (recovered,) = [text for text in await hours(scene, 1) if "Source recovered" in text]
    assert "not readable for 3 h" in recovered or "not readable for 2 h 5" in recovered
    assert int(recovered.split(" changes found since")[0].split()[-1]) >= 2
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_all_suppliers_out_of_reach_at_once_are_two_messages_in_all(watching: Stage) -> None:
    scene = await watching()
    cut(scene, *ACCOUNTS)
    during = await hours(scene, 3)
    mend(scene, *ACCOUNTS)
    down, back = headlines(during + await hours(scene, 1))
    assert down.startswith("🌐 We cannot reach anything")
    assert back.startswith("✅ We reach our sources again")


async def test_a_network_that_takes_the_chats_with_it_is_told_once_it_is_back(watching: Stage) -> None:
    scene = await watching()
    everything = (*ACCOUNTS, "slack", "telegram")
    cut(scene, *everything)
    assert await hours(scene, 3) == []
    scene.world.cancel(scene.order("stateset", "placed"))
    mend(scene, *everything)
    after = headlines(await hours(scene, 2))
    told = [line[2:].split(" again")[0] for line in after if "reach" in line]
    assert told == ["We cannot reach anything", "We reach our sources"]
    assert not [line for line in after if "Source" in line]
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_restarts_in_the_middle_of_an_outage_and_of_its_end_repeat_nothing(watching: Stage) -> None:
    scene = await watching()
    cut(scene, *ACCOUNTS)
    texts = await hours(scene, 1)
    await scene.restart()
    texts += await hours(scene, 1)
    mend(scene, "schneider", "stateset")
    await scene.restart()
    texts += await hours(scene, 0.2)
    await scene.restart()
    mend(scene, "twoservice")
    texts += await hours(scene, 2)
    assert len([line for line in headlines(texts) if "reach" in line]) == 2
    assert len([line for line in headlines(texts) if "Source" in line]) <= 1


async def test_a_supplier_that_denies_its_orders_while_it_is_in_trouble_does_not_make_them_vanish(
    watching: Stage,
) -> None:
    scene = await watching("stateset")
    faults = scene.sandbox.faults["stateset"]
    for _ in range(12):
        faults.add("status", times=1, status=500)
        faults.add("status", times=1, status=404, body='{"error": "no such order"}', media_type="application/json")
    during = await hours(scene, 4)
    assert [line for line in headlines(during) if "anish" in line] == []
    assert await scene.app.storage.notifications(states=[State.DEAD]) == []
