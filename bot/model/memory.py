"""What is remembered of an order beside what it is: since when, and what time has made us tell of it."""

from collections.abc import Mapping

from bot.model.change import Kind
from bot.model.frozen import Frozen
from bot.model.moment import Moment


class TimeTold(Frozen):
    """News of one kind that time made, as it was told last."""

    about: str
    """What it was about: the moment the status began, the day promised. Another one is other news."""
    at: Moment
    again: int = 0
    """How many reminders there have been since."""
    is_silent: bool = False
    """It was so when the order was first seen: nobody was told of it by itself, and nobody is reminded."""


class Memory(Frozen):
    """Beside an order's row. What is not known stays None; whoever adds a member gives it a default."""

    status_since: Moment | None = None
    """When the order entered its status, as far as is known."""
    told: Mapping[Kind, TimeTold] = {}
    archived_at: Moment | None = None
    """When it was taken off the lists, done for long; None: it is on them."""
