"""When it is news that nothing happens: how long things may take, and at what time of day dates are spoken of."""

from collections.abc import Mapping
from datetime import timedelta

from bot.model.frozen import Frozen

OTHERS = "others"
"""Stands for every status that is not named."""


class Patience(Frozen):
    """How long something may take: so many working days, or a time by the clock. One of both."""

    working_days: int | None = None
    span: timedelta | None = None


class Escalation(Frozen):
    """To whom it is passed on that nobody has acknowledged something, and when."""

    after: Patience
    to: tuple[str, ...]
    """Names of destinations."""


class Alarms(Frozen):
    """What is told of an order by time alone. None: that is not told."""

    timezone: str = "UTC"
    """IANA zone in which days begin and working days are counted."""
    holidays: str | None = None
    """Country, or part of one, whose holidays are no working days: `FR`, `DE-BY` (ISO 3166)."""
    stuck: Mapping[str, Patience | None] = {}
    """How long an order may stay in a status, by its word or code, or the name of our stage, as `normal_word` has
    them; OTHERS for the rest. A status that stands in neither way is learned."""
    due_today: int | None = 7 * 60
    """Minutes after midnight, on the day promised."""
    overdue: int | None = 0
    """Minutes after midnight, on the day after."""
    not_moving: Patience | None = Patience(working_days=5)
    """How long after a dispatch with nothing since."""
    slipped: timedelta | None = timedelta(days=1)
    """By how much a promise has to become later than it was told last to be a slip; whole days, one or more."""
    remind: Patience | None = Patience(span=timedelta(days=7))
    """How long until what is still so is told again."""
    escalate: Escalation | None = None
    """When what waits for somebody is passed on."""
    archive: timedelta | None = timedelta(days=14)
    """How long after its end an order is taken off the lists."""
