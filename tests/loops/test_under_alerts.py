"""What is pressed or said under an alert is about its order, over the real store."""

import pytest

from bot.clock import ManualClock
from bot.core.alert_buttons import alert_buttons
from bot.model.access import Grant, Role
from bot.model.command import Reply
from bot.model.moment import Moment
from bot.model.outbox import Notification, Settlement, State
from bot.storage.sqlite import SqliteStorage
from tests.core.making import SHIPPED
from tests.loops.asking import DESTINATIONS, OPERATOR, Bot, a_bot, one, panels, plain

OPS = Grant(chat="slack", place="COPS", role=Role.WATCHER)


@pytest.fixture
async def bot(storage: SqliteStorage, clock: ManualClock) -> Bot:
    """A bot that has told ops that 4500001 shipped, as message 17.1 of the channel COPS."""
    source = panels(one(), one("4500002"))
    started = await a_bot(storage, clock, source, grants=(OPERATOR, OPS))
    source.set(one(status=SHIPPED), one("4500002"))
    await clock.advance(900)
    await started.poll()
    row = await alert(storage)
    at = Moment("2026-01-05T09:15:00Z")
    sent = Settlement(id=row.id, state=State.SENT, attempts=1, parts_sent=1, at=at, message_ids=("17.1",))
    await storage.settle([sent])
    return started


async def alert(storage: SqliteStorage) -> Notification:
    (row,) = [each for each in await storage.notifications() if each.order]
    return row


async def press(bot: Bot, label: str, **members: object) -> Reply | None:
    row = await alert(bot.storage)
    key = next(each.key for each in alert_buttons(row, Role.OPERATOR) if each.label == label)
    return await bot.ask(key, via="button", under=("17.1",), **{"channel": "COPS", **members})


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (None, []),
        (Role.VIEWER, ["Check now", "History"]),
        (Role.WATCHER, ["Check now", "History", "Mute 1 h", "Mute 1 d", "Mute until it changes"]),
    ],
)
async def test_an_alert_has_the_buttons_that_its_readers_may_press(bot: Bot, role: Role, labels: list[str]) -> None:
    buttons = alert_buttons(await alert(bot.storage), role)
    assert [button.label for button in buttons] == labels
    assert [button.key for button in buttons if len(button.key.encode()) > 64] == []


async def test_news_about_no_single_order_has_no_buttons(bot: Bot) -> None:
    assert alert_buttons((await alert(bot.storage)).model_copy(update={"order": None}), Role.OPERATOR) == ()


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("Check now", "Asked panels (Schneider) just now."),
        ("History", "status Confirmed → Shipped"),
        ("Mute 1 h", "No news of 4500001 here until 2026-01-05T10:15:00Z."),
        ("Mute 1 d", "No news of 4500001 here until 2026-01-06T09:15:00Z."),
        ("Mute until it changes", "No news of 4500001 here until its status changes"),
    ],
)
async def test_a_press_is_about_the_order_and_leaves_the_alert_standing(bot: Bot, label: str, says: str) -> None:
    reply = await press(bot, label)
    assert says in plain(reply)
    assert reply is not None
    assert not reply.replaces


async def test_a_mute_pressed_twice_is_one_mute_of_the_place_that_was_told(bot: Bot, clock: ManualClock) -> None:
    for _ in range(2):
        await press(bot, "Mute 1 d")
    (mute,) = await bot.storage.talks.mutes(Moment("2026-01-05T09:15:00Z"))
    assert (mute.destination, mute.key) == ("ops", "4500001")


async def test_a_press_works_after_a_restart(bot: Bot, storage: SqliteStorage, clock: ManualClock) -> None:
    again = await a_bot(storage, clock, panels(one(status=SHIPPED), one("4500002")), grants=(OPERATOR, OPS))
    assert "No news of 4500001 here" in plain(await press(again, "Mute 1 h"))


async def test_who_presses_is_asked_for_the_rights_again(bot: Bot, storage: SqliteStorage, clock: ManualClock) -> None:
    viewer = Grant(chat="slack", place="COPS", role=Role.VIEWER)
    fewer = await a_bot(storage, clock, panels(one(status=SHIPPED)), grants=(viewer,))
    assert "needs the role watcher" in plain(await press(fewer, "Mute 1 h")).replace("one needs", "needs")
    none = await a_bot(storage, clock, panels(one(status=SHIPPED)), grants=())
    assert "do not know you" in plain(await press(none, "History"))


async def test_a_key_of_no_notification_says_that_the_button_is_too_old(bot: Bot) -> None:
    for key in ("o:0123:1h", "o::1h", f"o:{(await alert(bot.storage)).key}:2h"):
        assert "too old" in await bot.hear(key, via="button", channel="COPS")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("status", "4500001 · Shipped"),
        ("why", "by notify[0]"),
        ("check", "Asked panels (Schneider) just now."),
        ("history", "status Confirmed → Shipped"),
        ("mute 1d", "No news of 4500001 here until 2026-01-06"),
        ("mute until change", "No news of 4500001 here until its status changes"),
        ("watch as the drives", "told when it changes: 4500001 (“the drives”)"),
        ("status 4500002", "4500002 · Confirmed"),
    ],
)
async def test_what_is_said_under_an_alert_is_about_its_order_unless_it_names_one(
    bot: Bot, said: str, answer: str
) -> None:
    assert answer in await bot.hear(said, via="message", person="U0", channel="COPS", under=("99.9", "17.1"))


@pytest.mark.parametrize("under", [(), ("99.9",)])
async def test_elsewhere_an_order_has_to_be_named(bot: Bot, under: tuple[str, ...]) -> None:
    assert "Which order?" in await bot.hear("why", via="message", channel="COPS", under=under)


async def test_the_id_of_a_message_says_nothing_in_another_place(bot: Bot) -> None:
    assert "Which order?" in await bot.hear("why", via="message", person="U0", channel="C9", under=("17.1",))


async def test_buttons_stand_where_somebody_was_let_in(bot: Bot) -> None:
    assert bot.following.role_at(DESTINATIONS["ops"]) is Role.WATCHER
    elsewhere = DESTINATIONS["ops"].model_copy(update={"address": {"channel": "C9"}})
    assert bot.following.role_at(elsewhere) is None
    talk = DESTINATIONS["ops"].model_copy(update={"address": {"channel": "U0"}})
    assert bot.following.role_at(talk) is Role.OPERATOR
