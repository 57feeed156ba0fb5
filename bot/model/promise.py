"""What was promised at first, and what of it people know."""

from bot.model.frozen import Frozen
from bot.model.moment import Moment


class Promised(Frozen):
    """One promised date that has moved: of the order, of a line or of a shipment."""

    first: Moment
    """The date that was promised at first."""
    told: Moment
    """The date that was told last: what slips, slips against it."""
