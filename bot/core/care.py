"""Who is called by messages about an order: whoever takes care of it, and else whom the rules name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.model.exception import Assignment


@dataclass(slots=True)
class Care:
    """Who takes care of orders of one source. Kept up to date by whoever hears of it."""

    by_order: dict[str, Assignment] = field(default_factory=dict)
    chats: Mapping[str, str] = field(default_factory=dict)
    """Destination of the config to its chat."""

    def become(self, assignments: Iterable[Assignment]) -> None:
        """Hold these, and no others."""
        self.by_order = {assignment.key: assignment for assignment in assignments}

    def called(self, key: str, destination: str, others: Sequence[str]) -> tuple[str, ...]:
        """Who is called by a message about an order at a destination; `others` are those whom the rules name.

        Where somebody takes care of it, nobody else is called; in a chat that is not theirs, nobody at all.
        """
        assignment = self.by_order.get(key)
        if assignment is None:
            return tuple(others)
        chat = self.chats.get(destination) or destination.partition(":")[0]
        return (assignment.person,) if chat == assignment.chat else ()
