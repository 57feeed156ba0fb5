"""The key `calendar:` of the file."""

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from bot.config.written import Written
from bot.model.units import host_and_port

_SHORTEST = 22
"""Characters of a token: 128 bits where each is one of 64."""


def _address(value: str) -> str:
    host_and_port(value)
    return value


def _unguessable(value: SecretStr) -> SecretStr:
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{{_SHORTEST},}}", value.get_secret_value()):
        raise ValueError(
            f"must be {_SHORTEST} or more letters, digits, - and _, because whoever has it sees the orders; "
            "`openssl rand -hex 16` makes one"
        )
    return value


class CalendarEntry(Written):
    """A feed of promised dates, to which calendar programs subscribe."""

    listen: Annotated[str, AfterValidator(_address)] = "127.0.0.1:8090"
    """Where it is served, behind a proxy that speaks TLS, at /calendar/TOKEN.ics."""
    token: Annotated[SecretStr, AfterValidator(_unguessable)]
    """The part of its address that nobody can guess."""
