"""`orderwatch sandbox`, started as people start it."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from bot.cli.main import main


def say(url: str, **arguments: object) -> None:
    request = urllib.request.Request(url, json.dumps(arguments).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.status == 200


def test_it_shows_addresses_and_a_config_and_ends_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--minutes", "0.005", "--speed", "100000"]) == 0
    shown = capsys.readouterr()
    config = yaml.safe_load(shown.out[shown.out.index("timezone:") :])
    assert set(config["sources"]) == {"schneider", "stateset", "twoservice"}
    assert config["chats"]["slack"]["base_url"].removesuffix("/api/") in shown.out
    assert "messages were accepted" in shown.err


def test_it_writes_the_config_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "watchlists.yaml"
    assert main(["sandbox", "--minutes", "0.002", "--write", str(path)]) == 0
    assert "operators" in yaml.safe_load(path.read_text())
    assert f"orderwatch -c {path} run" in capsys.readouterr().out


def test_a_port_that_is_taken_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["sandbox", "--minutes", "0.002", "--port-base", str(taken.getsockname()[1])]) == 1
    assert "the sandbox cannot start" in capsys.readouterr().err


def test_it_shows_what_the_chats_accept_and_ends_cleanly_when_interrupted() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "sandbox", "--json", "--minutes", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        telegram = json.loads(process.stdout.readline())["config"]["chats"]["telegram"]
        say(f"{telegram['base_url']}{telegram['bot_token']}/sendMessage", chat_id=1001, text="Good morning")
        assert json.loads(process.stdout.readline())["text"] == "Good morning"
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in complaints
