"""The console."""

import io

import pytest

from bot.chats.console import Settings, build
from bot.clock import ManualClock
from bot.errors import CannotLookBack, ChatUnreachable
from bot.model.moment import Moment
from bot.model.outbox import Destination
from tests.chats.harness import alert, message

PLACE = Destination(name="screen", chat="console", timezone="Europe/Paris")


async def printed(*what: str, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    console = build(Settings(), ManualClock(), stream)
    for part in console.compose(message(*what) if what else alert(), PLACE):
        await console.send(part, PLACE, key="k")
    return raw.getvalue().decode(encoding)


async def test_an_alert_reads_well() -> None:
    assert await printed() == (
        "🚚 Dispatched · 45001234\n"
        "Delivery: Tue 24 Nov 2026 → Fri 27 Nov 2026\n"
        "Line 000010 · ATV320 drive\n"
        "    • DHL JD0146 (https://dhl.example/track?a=1&b=2)\n"
        "panels (Schneider Electric) · seen Fri 20 Nov 2026, 09:15 CET\n\n"
    )


async def test_outside_text_cannot_steer_the_terminal() -> None:
    assert await printed("\x1b[2J\x1b]0;title\x07 text\rover") == "🚚 Dispatched · 45001234\n ]0;title  text over\n\n"


async def test_a_terminal_that_knows_only_ascii_gets_question_marks() -> None:
    assert (await printed(encoding="ascii")).startswith("? Dispatched ? 45001234\n")


async def test_a_stream_that_is_closed_took_nothing() -> None:
    stream = io.StringIO()
    console = build(Settings(), ManualClock(), stream)
    stream.close()
    with pytest.raises(ChatUnreachable):
        await console.send(console.compose(alert(), PLACE)[0], PLACE, key="k")


async def test_the_console_cannot_look_back() -> None:
    with pytest.raises(CannotLookBack):
        await build(Settings(), ManualClock()).find(PLACE, key="k", since=Moment("2026-01-01"))


def test_whoever_is_called_is_named_behind_the_first_line() -> None:
    said = alert().model_copy(update={"mentions": ("alice", "@bob")})
    (part,) = build(Settings(), ManualClock(), io.StringIO()).compose(said, PLACE)
    assert part.plain.split("\n")[0].endswith("45001234 @alice @bob")
