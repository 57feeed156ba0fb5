"""Where the program is killed, and in which order: all from a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

FIRST_LIFE = ("migration: in transaction", "migration: before commit", "migration: after commit", "at random")
"""Points on the way from no file at all to a baseline."""
STARTING = (
    "copy: begun",
    "copy: written",
    "migration: in transaction",
    "migration: before commit",
    "migration: after commit",
)
"""Points of a start that migrates a file with data in it."""
KEEPING = tuple(
    f"{command}: {moment}"
    for command, moments in (
        ("backup", ("begun", "written", "checked", "in place")),
        ("restore", ("begun", "written", "checked", "doubted", "in place")),
    )
    for moment in moments
)
"""Points in the commands that copy the file and bring a copy back."""
WRITING = tuple(
    f"{work}: {moment}"
    for work in ("poll", "claim", "settle")
    for moment in ("in transaction", "before commit", "after commit")
)
"""Points in the program, by what it writes."""
ASKING = tuple(
    f"{server}: {moment}" for server in ("supplier", "slack", "telegram") for moment in ("asked", "answered")
)
"""Points seen from outside: a request has come and nothing was done; the answer has left."""
TAKING = ("slack: taken", "telegram: taken")
"""The message is taken, the answer has not left."""
RANDOM = ("at random", "at random", "at random, while starting")
ALL = (*STARTING, *KEEPING, *WRITING, *ASKING, *TAKING, *RANDOM)

Where = Literal["inside", "outside", "clock"]


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill to come."""

    point: str
    count: int
    """It is passed that often; the last time is the end."""
    seconds: float
    """For kills at random: after that long. For answers that have left: so long after."""
    migrates: bool
    """Whether this start has one more migration than the last."""

    @property
    def command(self) -> str | None:
        """The command that is killed instead of the program that runs; None: that program."""
        return self.point.partition(":")[0] if self.point in KEEPING else None

    @property
    def where(self) -> Where:
        """Who strikes: the program itself, a server it asks, or a clock."""
        if self.point.startswith("at random"):
            return "clock"
        return "outside" if self.point in ASKING + TAKING else "inside"


def kills(seed: int, number: int) -> Iterator[Kill]:
    """So many kills: first those of the way to a baseline, then all points in shuffled rounds."""
    chance = random.Random(f"kills {seed}")
    left = number
    queue = list(FIRST_LIFE) if number > len(FIRST_LIFE) * 2 else []
    is_first = bool(queue)
    while left:
        if not queue:
            queue, is_first = chance.sample(ALL, len(ALL)), False
        point = queue.pop(0)
        yield _kill(point, chance, is_first=is_first)
        left -= 1


def _kill(point: str, chance: random.Random, *, is_first: bool) -> Kill:
    is_start = point in STARTING
    count = chance.randint(1, 3) if not (is_start or point in KEEPING) else 1
    if point == "supplier: asked" or point == "supplier: answered":
        count = chance.randint(1, 40)
    if is_first:
        seconds = chance.uniform(0.2, 2.0)
    elif point == "at random, while starting":
        seconds = chance.uniform(0.2, 1.2)
    elif point == "at random":
        seconds = chance.uniform(1.0, 3.5)
    else:
        seconds = chance.choice((0.0, 0.0005, 0.002, 0.005, 0.015))
    return Kill(point, count, seconds, migrates=is_start and not is_first)
