"""A config that can be used, to be broken in one place by each test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config.load import Config, load
from bot.errors import ConfigError, Problem

GOOD = """\
timezone: Europe/Paris
sources:
  parts:
    kind: twoservice
    username: alice
    password: ${PARTS_PASSWORD}
chats:
  slack:
    bot_token: ${SLACK_BOT_TOKEN}
destinations:
  ops: {chat: slack, channel: C0123456789}
  screen: {chat: console}
watchlists:
  plant 3:
    source: parts
    orders: [0045001234, 45001299]
    every: 5m
    notify:
      - {to: screen, on: [dispatched]}
      - {to: [ops, screen]}
notify: [{to: ops}]
operators: {to: ops}
"""

ENVIRON = {"PARTS_PASSWORD": "sesame-open", "SLACK_BOT_TOKEN": "xoxb-1-secret"}

Loader = Callable[..., Config]
Problems = Callable[..., list[Problem]]


@pytest.fixture
def configured(tmp_path: Path) -> Loader:
    """Load the good config after replacing one text by another, with some variables changed (None: unset)."""

    def load_it(old: str = "", new: str = "", **environ: str | None) -> Config:
        assert old in GOOD
        return load_text(tmp_path, GOOD.replace(old, new, 1) if old else GOOD + new, **environ)

    return load_it


@pytest.fixture
def problems(configured: Loader) -> Problems:
    """The same, where the config must be refused."""

    def refuse(old: str = "", new: str = "", **environ: str | None) -> list[Problem]:
        with pytest.raises(ConfigError) as refusal:
            configured(old, new, **environ)
        return list(refusal.value.problems)

    return refuse


def load_text(folder: Path, text: str, **environ: str | None) -> Config:
    """Load a config of this text."""
    path = folder / "watchlists.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, {name: value for name, value in {**ENVIRON, **environ}.items() if value is not None})
