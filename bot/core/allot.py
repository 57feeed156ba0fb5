"""How the looks that a source's budget allows are shared among orders that change more or less often.

The orders of one kind change with one hazard, and share one interval. Intervals are counted in turns: looks that the
source allows in between. Were every order looked at in turn, it would be as many turns as there are orders.

Pure, and small whatever the orders: what is shared out are kinds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.model.poll import Kind

USUAL = 0.94
"""Of an even turn: what a usual order waits where there are also lively and quiet ones."""
QUIET = 1.6
"""Of an even turn: what a quiet order waits. None waits longer, however its kind behaves."""
LATE = 0.047
"""Of all changes may be seen later than in turn: those of the quiet orders."""
POWER = 0.75
"""Of the hazard, by which orders weigh in a day's budget. 0.5 makes the mean delay least, more than that the median."""


@dataclass(frozen=True, slots=True)
class Group:
    """The watched orders of one kind."""

    kind: Kind
    orders: int
    hazard: float
    """Changes a second of one of them; only how the groups compare matters here."""

    @property
    def changes(self) -> float:
        """Changes a second of all of them."""
        return self.orders * self.hazard


Allot = Callable[[Sequence[Group]], Mapping[Kind, float]]
"""Shares the looks out: turns between two looks at an order, by kind."""


def evenly(groups: Sequence[Group]) -> Mapping[Kind, float]:
    """Turns by kind, for a budget that comes evenly by day and night.

    Half of the changes are seen as soon as can be, and no more than one in twenty later than in turn. That makes three
    sorts of orders: lively ones, whose interval is short; usual ones, nearly in turn; and quiet ones, whose changes are
    so few that their long interval pays for it. How many kinds are lively is tried out; where it cannot be paid for,
    everybody has an even turn.
    """
    even = float(sum(group.orders for group in groups))
    ranked = sorted(groups, key=lambda group: -group.hazard)
    waits = [even * wait for wait in _of_usual_and_quiet(ranked)]
    used = _from_here([group.orders / wait for group, wait in zip(ranked, waits, strict=True)])
    slow = _from_here([group.changes / wait for group, wait in zip(ranked, waits, strict=True)])
    best = even, 0, even
    changes = sum(group.changes for group in ranked)
    orders, of_lively = 0, 0.0
    for lively, group in enumerate(ranked, start=1):
        orders, of_lively = orders + group.orders, of_lively + group.changes
        short = orders / (1 - used[lively]) if used[lively] < 1 else even  # they share what the others leave
        if short <= waits[lively - 1]:
            best = min(best, (_median(changes, of_lively, short, slow[lively]), lively, short))
    _, lively, short = best
    if not lively:
        return {group.kind: even for group in ranked}
    return {group.kind: wait for group, wait in zip(ranked, [short] * lively + waits[lively:], strict=True)}


def _of_usual_and_quiet(ranked: Sequence[Group]) -> list[float]:
    """What each would wait, in even turns, were it not lively: the quietest longest, while what is late allows it."""
    late = LATE * sum(group.changes for group in ranked)
    waits: list[float] = []
    for group in reversed(ranked):
        part = min(late / group.changes, 1 - USUAL / QUIET)  # of its changes that come too long before a look
        late -= part * group.changes
        waits.append(USUAL / (1 - part))
    return waits[::-1]


def _from_here(values: Sequence[float]) -> list[float]:
    """By place: the sum of the values there and after it."""
    return [*accumulate(reversed(values), initial=0.0)][::-1]


def _median(changes: float, of_lively: float, short: float, slow: float) -> float:
    """In how many turns half of the changes are seen.

    An order's changes lie evenly between two looks: the lively ones' are all seen within `short`, and each turn more
    shows `slow` changes of the other orders.
    """
    within = changes / 2 / (of_lively / short + slow)
    return within if within <= short else (changes / 2 - of_lively) / slow


def by_the_day(groups: Sequence[Group]) -> Mapping[Kind, float]:
    """Turns by kind, for a day's budget that is spent in its busy hours: all gain by these, so that none need be late.

    Orders weigh by a power of their hazard, but none waits longer than QUIET.
    """
    longest, free = QUIET * sum(group.orders for group in groups), 1.0
    turns: dict[Kind, float] = {}
    sharing = list(groups)
    while sharing:
        total = sum(group.orders * group.hazard**POWER for group in sharing) / free
        held = [group for group in sharing if total > longest * group.hazard**POWER]
        if not held:
            return turns | {group.kind: total / group.hazard**POWER for group in sharing}
        for group in held:  # they take a fixed share; the others share what is left
            turns[group.kind] = longest
            free -= group.orders / longest
        sharing = [group for group in sharing if group.kind not in turns]
    return turns
