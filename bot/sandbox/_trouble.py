"""Trouble with posting that a test asks for. Each call of a posting method takes the next piece of it."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

TroubleKind = Literal[
    "drop_after",  # takes the message, then closes the connection without an answer
    "delay_after",  # takes the message, then answers after `seconds`
    "error_after",  # takes the message, then answers with a server error
    "error_before",  # answers with a server error and takes nothing
    "rate_limit",  # asks for a wait of `seconds` and takes nothing
    "refuse_markup",  # takes only plain text
    "refuse_message",  # takes neither this text nor a plain one
    "refuse_reply",  # takes it only if it answers nothing
]


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that goes wrong, once."""

    kind: TroubleKind
    seconds: float = 0.0


class Trouble:
    """What will go wrong, in the order it was asked for; `pass_by` lets calls through in between."""

    def __init__(self) -> None:
        self._pieces: deque[Piece | None] = deque()

    def take(self) -> Piece | None:
        """The trouble of this call; None: none."""
        return self._pieces.popleft() if self._pieces else None

    def pass_by(self, n: int = 1) -> None:
        """Nothing happens to the next `n` posts."""
        self._pieces.extend([None] * n)

    def drop_after(self, n: int = 1) -> None:
        """The next `n` posts are accepted and their answers lost."""
        self._add(n, "drop_after")

    def delay_after(self, seconds: float, n: int = 1) -> None:
        """The next `n` posts are accepted and answered after `seconds` of the twin's clock."""
        self._add(n, "delay_after", seconds)

    def error_after(self, n: int = 1) -> None:
        """The next `n` posts are accepted and answered with a server error."""
        self._add(n, "error_after")

    def error_before(self, n: int = 1) -> None:
        """The next `n` posts are answered with a server error and not accepted."""
        self._add(n, "error_before")

    def rate_limit(self, n: int = 1, seconds: float = 30.0) -> None:
        """The next `n` posts are asked to wait for `seconds`."""
        self._add(n, "rate_limit", seconds)

    def refuse_markup(self, n: int = 1) -> None:
        """The next `n` posts are refused if they hold markup."""
        self._add(n, "refuse_markup")

    def refuse_message(self, n: int = 1) -> None:
        """The next `n` posts are refused, whatever they hold."""
        self._add(n, "refuse_message")

    def refuse_reply(self, n: int = 1) -> None:
        """The next `n` posts are refused if they answer a message, where the platform does such a thing."""
        self._add(n, "refuse_reply")

    def _add(self, n: int, kind: TroubleKind, seconds: float = 0.0) -> None:
        self._pieces.extend([Piece(kind, seconds)] * n)
