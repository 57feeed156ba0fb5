"""What is wrong with an order and waits for somebody to take care of it, and who that is."""

from bot.model.change import Change, Kind
from bot.model.frozen import Frozen
from bot.model.moment import Moment


class OrderException(Frozen):
    """News that is not over by being told: open until somebody acknowledges it, or it is true no more."""

    source: str
    key: str
    kind: Kind
    since: Moment
    change: Change
    """The news itself."""
    acknowledged_at: Moment | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    reminded: int = 0
    """How often it has been told again."""
    reminded_at: Moment | None = None
    escalated_at: Moment | None = None
    look_at: Moment | None = None
    """When it may be told again; an instant. None: it has not been looked at."""

    @property
    def is_open(self) -> bool:
        """Whether nobody has acknowledged it."""
        return self.acknowledged_at is None


class Assignment(Frozen):
    """Who takes care of an order: messages about it call that person, and nobody else."""

    source: str
    key: str
    chat: str
    person: str
    """Id in that chat."""
    by: str
    """Who said so."""
    since: Moment
