"""How every command reads its config."""

import os

from bot import log
from bot.cli._invocation import Invocation
from bot.config import load as config
from bot.files import Files


def read_config(invocation: Invocation, files: Files | None = None) -> config.Config:
    """The config, with its secrets kept out of all logs and messages from here on. Raises ConfigError.

    `files` comes to know every file that was read.
    """
    read = config.load(invocation.config_path, os.environ, files)
    log.hide(*read.secrets)
    return read


def read_store(invocation: Invocation) -> config.Store:
    """Where the database is, and whose work is in it. Raises ConfigError, but not for tokens that are not at hand."""
    return config.locate(invocation.config_path, os.environ)
