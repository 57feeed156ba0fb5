"""One measured number, with its spread."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


class NotHere(Exception):
    """What is to be measured cannot be had on this machine; says why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`median` of several rounds, from `low` to `high`."""

    what: str
    unit: str
    median: float
    low: float
    high: float
    aim: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def figure(what: str, unit: str, values: Sequence[float], *, aim: str = "") -> Figure:
    """The Figure of several measurements of the same thing."""
    return Figure(what, unit, statistics.median(values), min(values), max(values), aim)
