"""One measured number, with its spread and what it is meant to be."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal


class NotHere(Exception):
    """What is to be measured cannot be had on this machine; says why."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound that a figure is meant to keep."""

    words: Literal["under", "at most", "at least"]
    bound: float

    def __str__(self) -> str:
        return f"{self.words} {self.bound:,g}"

    def is_met(self, value: float) -> bool:
        """Whether the value keeps it, as exact as it was measured."""
        if self.words == "under":
            return value < self.bound
        return value <= self.bound if self.words == "at most" else value >= self.bound


def under(bound: float) -> Aim:
    """Less than that."""
    return Aim("under", bound)


def at_most(bound: float) -> Aim:
    """Not more than that."""
    return Aim("at most", bound)


def at_least(bound: float) -> Aim:
    """Not less than that."""
    return Aim("at least", bound)


@dataclass(frozen=True, slots=True)
class Figure:
    """What several rounds came to, which lay from `low` to `high`."""

    what: str
    unit: str
    value: float
    low: float
    high: float
    aim: Aim | None = None

    def without_aim(self) -> "Figure":
        """The same where too little was measured to judge it."""
        return replace(self, aim=None)

    def line(self, benchmark: str) -> str:
        """For people: a missed aim is marked at the end."""
        spread = f"  ({self.low:,.3g} to {self.high:,.3g})" if self.low != self.high else ""
        aim = f"  aim: {self.aim}, {'met' if self.aim.is_met(self.value) else '✗ missed'}" if self.aim else ""
        return f"{benchmark:10} {self.what:62} {self.value:>12,.4g} {self.unit}{spread}{aim}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `aim` and `met` only where there is one."""
        found: dict[str, Any] = {
            "what": self.what,
            "unit": self.unit,
            "value": self.value,
            "low": self.low,
            "high": self.high,
        }
        return found | {"aim": str(self.aim), "met": self.aim.is_met(self.value)} if self.aim else found


def figure(what: str, unit: str, values: Sequence[float], *, aim: Aim | None = None) -> Figure:
    """The median of several measurements of the same thing."""
    return Figure(what, unit, statistics.median(values), min(values), max(values), aim)


def longest(what: str, unit: str, values: Sequence[float], *, aim: Aim | None = None) -> Figure:
    """The longest of several measurements: what must not happen even once."""
    return Figure(what, unit, max(values), min(values), max(values), aim)
