"""What the Dockerfile claims, read from the Dockerfile: an image built from it is not at hand everywhere."""

import json
import re
import signal
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli._process import StopSignal
from bot.cli.main import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")


def instructions(stage: str) -> list[tuple[str, str]]:
    """Instruction and arguments of the last stage, or of the one with that name, continued lines joined."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
    found = [tuple(line.split(None, 1)) for line in lines if line.strip()]
    stages: list[list[tuple[str, str]]] = []
    for name, arguments in found:
        stages += [[]] if name == "FROM" else []
        stages[-1].append((name, arguments))
    return next((one for one in stages if one[0][1].endswith(f" AS {stage}")), stages[-1])


FINAL = instructions("")


def the(name: str) -> str:
    """The arguments of the only instruction of this name in the image."""
    (arguments,) = [arguments for found, arguments in FINAL if found == name]
    return arguments


def test_it_runs_as_a_numbered_user_who_is_not_root_and_cannot_log_in() -> None:
    user, _, group = the("USER").partition(":")
    assert min(int(user), int(group)) >= 10_000
    assert f"useradd --uid {user}" in the("RUN")
    assert "--shell /usr/sbin/nologin" in the("RUN")


def test_nothing_runs_as_root_after_the_user_is_set() -> None:
    names = [name for name, _ in FINAL]
    assert "RUN" not in names[names.index("USER") :]
    assert "COPY" not in names[names.index("USER") :]


def test_the_only_place_it_writes_to_is_the_volume_which_is_its_users_own() -> None:
    assert the("VOLUME") == the("WORKDIR") == "/data"
    assert "--owner=orderwatch --group=orderwatch /data" in the("RUN")
    assert "PYTHONDONTWRITEBYTECODE=1" in the("ENV")
    assert "ORDERWATCH_CONFIG=/data/" in the("ENV")  # the database lies beside it
    assert "chown" not in TEXT


def test_the_program_itself_belongs_to_root_so_that_it_cannot_change_itself() -> None:
    assert the("COPY") == "--from=build /opt/orderwatch /opt/orderwatch"


def test_the_image_is_stopped_by_a_signal_the_program_listens_to() -> None:
    assert the("STOPSIGNAL") == signal.SIGTERM.name
    assert "SIGTERM" in (StopSignal.__doc__ or "")
    assert json.loads(the("ENTRYPOINT")) == ["orderwatch"]  # not through a shell, which would keep the signal


def test_its_health_is_asked_by_a_command_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    command = json.loads(the("HEALTHCHECK").partition("CMD ")[2])
    assert command[0] == "orderwatch"
    assert main([*command[1:], "--help"]) == 0
    assert "Exit 0 if" in capsys.readouterr().out


def test_what_is_built_from_is_what_the_ignore_file_lets_in() -> None:
    allowed = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    copied = [arguments.split()[:-1] for name, arguments in instructions("build") if name == "COPY"]
    assert {name.removeprefix("./") for names in copied for name in names} == allowed


@pytest.fixture
def composed() -> dict[str, Any]:
    """The worker of the README's example of several."""
    (example,) = re.findall(r"```yaml\n(services:.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    worker: dict[str, Any] = yaml.safe_load(example)["services"]["worker"]
    return worker


def test_the_example_of_several_builds_in_what_they_need(composed: dict[str, Any]) -> None:
    ((name, extra),) = composed["build"]["args"].items()
    assert (f'ARG {name}=""' in TEXT, f'pip install --no-cache-dir ".${{{name}}}"' in TEXT) == (True, True)
    assert extra.strip("[]") in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def test_the_example_of_several_puts_the_config_where_every_command_looks_for_it(composed: dict[str, Any]) -> None:
    (mounted,) = composed["volumes"]
    assert f"ORDERWATCH_CONFIG={mounted.split(':')[1]}" in the("ENV").split()
    assert "-c" not in composed["command"].split()
    assert main([*composed["command"].split(), "--help"]) == 0


def test_the_example_of_several_gives_the_password_that_its_address_asks_for(composed: dict[str, Any]) -> None:
    ((variable, path),) = composed["environment"].items()
    assert path == f"/run/secrets/{composed['secrets'][0]}"
    assert f"orderwatch:${{{variable.removesuffix('_FILE')}}}@postgres" in (ROOT / "README.md").read_text("utf-8")


def test_no_secret_is_built_in() -> None:
    assert not re.search(r"(?i)^(?:ARG|ENV)\b.*(?:token|secret|password|key)", TEXT, re.MULTILINE)
