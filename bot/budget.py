"""The promise of what keeps a source from being asked too much."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from bot.model.units import RateValue, Spent


class Budget(Protocol):
    """How much one source may be asked."""

    @property
    def passed(self) -> int:
        """How many requests it has been sent since the start."""

    def wait(self) -> float:
        """Seconds until one more request is allowed, however urgent; 0 if it is now."""

    @property
    def limit(self) -> RateValue | None:
        """The rate that lets somebody wait, or did last, the slowest if several do.

        None: nobody had to wait yet, or it is what the source itself allows, as it said with a good answer.
        """

    @property
    def held_up(self) -> asyncio.Event:
        """Set while somebody has to wait because so much was asked; not for a source that failed."""

    @property
    def stalled(self) -> asyncio.Event:
        """Set while somebody has to wait so for minutes: mostly, what may be asked in a day is spent."""

    def shut(self) -> AbstractContextManager[None]:
        """Until the end of the block, cancel whoever waits or comes. What has been let through goes on."""

    def spent(self) -> Sequence[Spent]:
        """What counts against a budget of hours or a day, oldest first; nothing where there is no such budget."""

    def recall(self, spent: Sequence[Spent]) -> None:
        """Count that much as spent against budgets of hours or a day: others knew better, or were before this start."""

    def follow(self, earlier: "Budget") -> None:
        """Go on where an earlier budget of the same source ends: only its settings are new."""

    @property
    def portion(self) -> int:
        """A hundredth of a budget of hours or a day, at least one request; 0 where there is no such budget."""

    def grant(self, requests: int, *, since: int) -> None:
        """Let so many pass from when `passed` was `since`, and then nobody until more is granted.

        Before the first time there is no such limit.
        """

    @property
    def used_up(self) -> asyncio.Event:
        """Set once what was granted is."""
