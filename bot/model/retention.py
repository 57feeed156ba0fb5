"""How long things are kept."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the janitor keeps things."""

    raw: timedelta
    """Raw payloads of snapshots."""
    sent: timedelta
    """Notifications that are settled."""
