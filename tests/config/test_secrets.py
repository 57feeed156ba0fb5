"""Secrets come from the file, the environment or files of their own, and are never shown."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.config.secrets import expand
from bot.errors import Problem
from tests.config.conftest import Loader, Problems


def password(config: Any) -> str:
    secret: SecretStr = config.sources["parts"].password
    return secret.get_secret_value()


def only(found: list[Problem]) -> Problem:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [("a${X}b", "a1b"), ("${X}${Y}", "12"), ("$$", "$"), ("$${X}", "${X}"), ("pa$word$", "pa$word$"), ("$X", "$X")],
)
def test_variables_stand_in_braces_and_two_dollars_are_one(written: str, value: str) -> None:
    assert expand(written, {"X": "1", "Y": "2"}) == value


@pytest.mark.parametrize("written", ["${", "${}", "${X", "${X:-1}", "${1X}"])
def test_a_broken_reference_says_how_to_write_it(written: str) -> None:
    with pytest.raises(ValueError, match=r"\$\$ for a dollar sign"):
        expand(written, {"X": "1"})


def test_a_value_from_outside_is_not_expanded_again() -> None:
    assert expand("${X}", {"X": "${Y}$$", "Y": "2"}) == "${Y}$$"


def test_a_secret_may_be_a_variable(configured: Loader) -> None:
    assert password(configured()) == "sesame-open"


def test_an_unset_variable_is_named_with_what_to_do(problems: Problems) -> None:
    problem = only(problems(PARTS_PASSWORD=None))
    assert (problem.line, problem.key) == (6, "sources.parts.password")
    assert problem.text.startswith("environment variable PARTS_PASSWORD is not set; set it, or PARTS_PASSWORD_FILE")


def test_an_unset_variable_that_nobody_uses_does_not_matter(configured: Loader) -> None:
    assert password(configured("${PARTS_PASSWORD}", "hunter2", PARTS_PASSWORD=None)) == "hunter2"


def test_a_variable_may_be_in_the_file_its_file_variable_names(configured: Loader, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\r\n")
    assert password(configured(PARTS_PASSWORD=None, PARTS_PASSWORD_FILE=str(file))) == "from a file"


def test_a_variable_and_its_file_variable_exclude_each_other(problems: Problems) -> None:
    assert "both set" in only(problems(PARTS_PASSWORD_FILE="/run/secrets/p")).text


def test_a_file_variable_that_leads_nowhere_is_told(problems: Problems, tmp_path: Path) -> None:
    problem = only(problems(PARTS_PASSWORD=None, PARTS_PASSWORD_FILE=str(tmp_path / "gone")))
    assert problem.text == f"PARTS_PASSWORD_FILE: cannot read {tmp_path}/gone: No such file or directory"


def test_a_secret_may_name_its_file_beside_the_config(configured: Loader, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    assert password(configured("password: ${PARTS_PASSWORD}", "password_file: secret")) == "from a file"


def test_a_secret_and_its_file_exclude_each_other(problems: Problems) -> None:
    both = "password: ${PARTS_PASSWORD}\n    password_file: secret"
    problem = only(problems("password: ${PARTS_PASSWORD}", both))
    assert (problem.line, problem.key) == (7, "sources.parts.password")
    assert "password_file too" in problem.text


def test_a_secret_file_that_cannot_be_read_is_one_problem(problems: Problems, tmp_path: Path) -> None:
    problem = only(problems("password: ${PARTS_PASSWORD}", "password_file: gone"))
    assert problem.line == 6
    assert problem.text == f"password_file: cannot read {tmp_path}/gone: No such file or directory"


def test_an_unreadable_secret_file_is_no_missing_credential_too(problems: Problems) -> None:
    panels = "  panels: {kind: schneider, countries: [FR], client_id: a, client_secret_file: gone}\n"
    assert only(problems("sources:\n", f"sources:\n{panels}")).key == "sources.panels.client_secret"


@pytest.mark.parametrize("written", ["''", "${PARTS_PASSWORD}"])
def test_an_empty_secret_is_refused(problems: Problems, written: str) -> None:
    assert only(problems("password: ${PARTS_PASSWORD}", f"password: {written}", PARTS_PASSWORD="")).text == "is empty"


def test_a_numeric_secret_is_text(configured: Loader) -> None:
    assert password(configured("${PARTS_PASSWORD}", "0123")) == "0123"
    assert password(configured("${PARTS_PASSWORD}", "123")) == "123"


def test_a_secret_in_the_wrong_place_is_shown_as_its_variable(problems: Problems) -> None:
    problem = only(problems("every: 5m", "every: ${PARTS_PASSWORD}"))
    assert "'${PARTS_PASSWORD}' is not a duration" in problem.text
    assert "sesame" not in problem.text


def test_the_config_tells_no_secret_when_printed(configured: Loader) -> None:
    config = configured("username: alice", "username: alice\n    headers: {X-Key: gateway-key}")
    assert not [secret for secret in ("sesame-open", "xoxb-1-secret", "gateway-key") if secret in repr(config)]


def test_the_config_knows_what_logs_must_hide(configured: Loader) -> None:
    config = configured("username: alice", "username: alice\n    headers: {X-Key: gateway-key}")
    assert config.secrets == {"sesame-open", "xoxb-1-secret", "gateway-key"}
