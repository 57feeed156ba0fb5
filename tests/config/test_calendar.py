"""Where promised dates are served, as the file says it."""

from pathlib import Path

import pytest

from tests.config.conftest import Loader, Problems

TOKEN = "0123456789abcdef012345"


def test_without_the_key_nothing_is_served(configured: Loader) -> None:
    assert configured().calendar is None


def test_a_token_can_come_from_the_environment_and_is_a_secret(configured: Loader) -> None:
    config = configured(new="calendar: {token: '${CALENDAR_TOKEN}'}\n", CALENDAR_TOKEN=TOKEN)
    assert config.calendar is not None
    assert (config.calendar.listen, config.calendar.token.get_secret_value()) == ("127.0.0.1:8090", TOKEN)
    assert TOKEN in config.secrets
    assert TOKEN not in repr(config)


def test_a_token_can_be_in_a_file(configured: Loader, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    config = configured(new="calendar: {listen: ':9000', token_file: token}\n")
    assert config.calendar is not None
    assert config.calendar.token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("written", "key", "said"),
    [
        ("{}", "calendar.token", "is missing"),
        ("{token: sesame-open-sesame}", "calendar.token", "must be 22 or more letters"),
        ("{token: 'sesame/sesame/sesame/sesame'}", "calendar.token", "must be 22 or more letters"),
        (f"{{token: {TOKEN}, listen: '8090'}}", "calendar.listen", "is not host:port, such as 127.0.0.1:8080"),
        (f"{{token: {TOKEN}, port: 8090}}", "calendar.port", "is not a key here"),
        ("yes please", "calendar", "must be"),
    ],
)
def test_what_cannot_be_used_is_named_and_no_token_told(problems: Problems, written: str, key: str, said: str) -> None:
    (problem,) = problems(new=f"calendar: {written}\n")
    assert (problem.key, said in problem.text) == (key, True), problem
    assert "sesame" not in str(problem)
