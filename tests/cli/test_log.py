"""Logs are one line an event, in UTC, without secrets."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from bot import log

Lines = Callable[[], list[str]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logs in text form, and what they hold so far."""
    yield from started("text")


@pytest.fixture
def json_lines() -> Iterator[Lines]:
    """Logs in JSON form, and what they hold so far."""
    yield from started("json")


def started(form: str) -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    log.start(form=form, stream=stream)
    yield lambda: stream.getvalue().splitlines()
    root.handlers[:], root.level = handlers, level


logger = logging.getLogger("bot.test")


def test_an_event_is_one_line_of_keys_and_values(lines: Lines) -> None:
    log.event(logger, "sent", destination="ops", attempts=2, reason="not yet", at=None)
    (line,) = lines()
    time, rest = line.split(" ", 1)
    assert time.startswith("time=20")
    assert time.endswith("Z")
    assert rest == 'level=info logger=bot.test event=sent destination=ops attempts=2 reason="not yet"'


def test_a_value_cannot_break_out_of_its_line(lines: Lines) -> None:
    log.event(logger, "odd", value='a"b\nlevel=error\x1b[2J')
    (line,) = lines()
    assert line.isprintable()
    assert r'value="a\"b\nlevel=error\u001b[2J"' in line


def test_a_value_cannot_steer_the_terminal(lines: Lines) -> None:
    log.event(logger, "odd", value="a\x1b[2Jb")
    assert lines()[0].endswith(r'value="a\u001b[2Jb"')


def test_as_json_each_line_is_an_object(json_lines: Lines) -> None:
    log.event(logger, "sent", level=logging.WARNING, destination="ops", attempts=2, late=True)
    found = json.loads(json_lines()[0])
    assert found.pop("time").endswith("Z")
    expected = {"level": "warning", "logger": "bot.test", "event": "sent", "destination": "ops"}
    assert found == {**expected, "attempts": 2, "late": True}


def test_a_traceback_stays_in_its_line(lines: Lines) -> None:
    try:
        raise ValueError("wrong")
    except ValueError:
        logger.exception("failed")
    (line,) = lines()
    assert "event=failed" in line
    assert "ValueError: wrong" in line


def test_libraries_are_heard_only_when_they_warn(lines: Lines) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot1:A/sendMessage")
    logging.getLogger("telegram.ext").warning("trouble")
    assert [line.split("event=")[1] for line in lines()] == ["trouble"]


def test_starting_again_does_not_say_everything_twice(lines: Lines) -> None:
    again = io.StringIO()
    log.start(stream=again)
    log.event(logger, "once")
    assert (len(lines()), len(again.getvalue().splitlines())) == (0, 1)


def test_a_registered_secret_is_hidden_wherever_it_stands(lines: Lines) -> None:
    log.hide("pass word")
    log.event(logger, "asked", url="https://x/?p=pass word", error=ValueError("pass word"))
    assert "pass word" not in lines()[0]


def test_a_registered_secret_is_hidden_also_where_json_would_escape_it(json_lines: Lines) -> None:
    log.hide('quo"ted')
    log.event(logger, "asked", text='with quo"ted')
    assert json.loads(json_lines()[0])["text"] == "with ***"


def test_a_secret_too_short_to_protect_anything_does_not_garble_the_logs() -> None:
    log.hide("a")
    assert log.redact("a banana") == "a banana"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("GET /orders?SessionToken=Ab1%2F&x=1", "GET /orders?SessionToken=***&x=1"),
        ('{"sessionToken": "Ab1"}', '{"sessionToken": "***"}'),
        ("Authorization: Bearer abc.def-1", "Authorization: ***"),
        ("{'Authorization': 'Token sk_live_1'}", "{'Authorization': '***'}"),
        ("https://api.telegram.org/bot123:AAE-x_y/sendMessage", "https://api.telegram.org/bot***/sendMessage"),
        ("token 123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc", "token ***"),
        ("xoxb-12-34-aBc refused", "*** refused"),
        ("xapp-1-A0-99-ff", "***"),
        ("https://alice:sesame@example.org/x", "https://***@example.org/x"),
        ("client_secret=abc&grant_type=x", "client_secret=***&grant_type=x"),
        ("order 0045001234 at 10:30", "order 0045001234 at 10:30"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, redacted: str) -> None:
    assert log.redact(text) == redacted
