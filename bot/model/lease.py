"""What one process works on until it must stop: sources to poll, chats to speak and listen in, the house to keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

STALL = 30.0
"""Seconds without a sign of life after which a worker is taken for dead, and its leases are given to others."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A share of the work. Whoever holds it does all of it, and nobody else does any of it."""

    name: str
    """Unlike every other: `everything`, or `poll 17`, `chat slack`, `house`."""
    sources: tuple[str, ...] = ()
    """Names of the sources it polls."""
    chats: tuple[str, ...] = ()
    """Kinds of the chats it tells and listens in: the limits of a bot are one, whatever it says."""
    has_strays: bool = False
    """Whether what is owed to destinations of no chat at all is among it."""
    keeps_house: bool = False
    """Whether it drops what retention no longer wants."""


@dataclass(frozen=True, slots=True)
class Job:
    """The engine's row that stands behind a lease: it is ours while all three are so."""

    job: int
    attempts: int
    runner: int
    """The engine's own number for the worker."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes leases."""

    name: str
    host: str
    pid: int
    queue: str
    """Where it is given leases that are meant for it."""
    started_at: datetime | None = None
    silent: float = 0.0
    """Seconds since its last sign of life."""
    leases: Mapping[str, str] = field(default_factory=dict)
    """The leases that there are by its config, each with a fingerprint of the sources in it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who works, and on what."""

    workers: tuple[Worker, ...]
    holdings: tuple["Holding", ...]
    alone: str | None = None
    """Who has the database alone, so that no worker can work on it; the rest is of workers that were there before."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Who has a lease."""

    lease: str
    worker: str | None
    """None: nobody, or one that gives no sign of life."""
    since: datetime
    silent: float
    """Seconds since it was renewed."""
    gone: str | None = None
    """The worker that has it and gives no sign of life, until it is given to another."""
    sources: tuple[str, ...] = ()
    """Names of the sources in it, by the config of whoever has it or had it last."""
