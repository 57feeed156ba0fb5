"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts for every benchmark. FULL is what the README speaks of; SHORT only proves that they work."""

    rounds: int
    polled: tuple[int, ...]
    """Orders polled one by one."""
    listed: tuple[int, ...]
    """Orders swept in a listing."""
    watched: tuple[int, ...]
    """Orders a process holds at rest."""
    asked: int
    """Times each question is asked, about another order each time."""
    burst: int
    """Changes committed at once."""
    moving: int
    """Orders of which one in a hundred changes."""
    listed_news: int
    """Orders of which some are dispatched, at sources with a list."""
    scheduled: int
    """Orders in the simulation of the schedule."""
    days: int
    """Of the simulation."""
    accounts: int
    """That several workers share."""
    window: float
    """Seconds for which workers are watched."""
    lease: float
    """Seconds; heartbeat and stall of workers that come to grief follow from it."""
    asleep: int
    """Orders of these accounts of which none is due."""


FULL = Size(
    5, (1_000, 10_000, 100_000), (1_000, 100_000), (100_000, 1_000_000), 300, 10_000, 5_000, 5_000, 2_000, 21,
    accounts=128, window=6.0, lease=3.0, asleep=100_000,
)  # fmt: skip
SHORT = Size(
    1, (200,), (500,), (2_000,), 20, 500, 300, 60, 200, 9,
    accounts=8, window=0.5, lease=1.2, asleep=400,
)  # fmt: skip
