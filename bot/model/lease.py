"""What one process works on until it must stop: sources to poll, chats to speak and listen in, the house to keep."""

from dataclasses import dataclass


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
