"""How long an order rests at a source whose budget is too small to look at everything as often as people ask."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo

from bot.core.allot import QUIET, by_the_day, evenly
from bot.core.rhythm import Rhythm
from bot.model.moment import Moment
from bot.model.poll import Kind, Lessons, OrderState
from bot.model.units import RateValue

_A_MINUTE = timedelta(minutes=1)
_LOOKS_TO_WEIGH = 50
"""After so many looks what a look costs is reckoned anew."""


class Turns:
    """Follows the orders of one source. Hands in what it learns to its Rhythm; times are monotonic seconds, and now."""

    def __init__(self, rates: Iterable[RateValue], zone: tzinfo, rhythm: Rhythm | None = None) -> None:
        """The strictest of `rates` counts. `zone` is where the people work whose orders these are."""
        strictest = min(rates, key=lambda rate: rate.events / rate.seconds)
        self._looks_a_second = strictest.events / strictest.seconds
        self._is_daily = strictest.seconds >= 86400
        self._zone = zone
        self._local = datetime.min.replace(tzinfo=UTC)
        self._today = 0
        self._kinds: dict[Kind, Kind] = {}
        self._rhythm = rhythm or Rhythm(by_the_day if self._is_daily else evenly)
        self._cost = 1.0
        self._looks, self._spent = 0, 0

    def watch(self, state: OrderState, now: datetime) -> None:
        """Count an order that is looked at by itself from now on."""
        self._turn(state, self._kind(state, now))

    def drop(self, state: OrderState) -> None:
        """Count it no more."""
        self._turn(state, None)
        state.looked_at = None

    def looked(self, state: OrderState, monotonic: float, now: datetime, *, changed: bool) -> None:
        """An order was looked at. What it was like before teaches how soon such orders change."""
        if state.kind is not None and state.looked_at is not None:
            self._rhythm.note(state.kind, monotonic - state.looked_at, self._local_time(now), changed=changed)
        state.looked_at = monotonic
        self._turn(state, self._kind(state, now))

    def rest(self, state: OrderState, every: float, now: datetime) -> float:
        """Seconds until the next look: `every`, as asked for, wherever the budget is enough for everybody."""
        rhythm = self._rhythm
        if rhythm.orders * self._cost <= every * self._looks_a_second:
            return every
        kind = state.kind or self._kind(state, now)
        if kind is None:
            return every
        return max(every, self._wait(rhythm.turns(kind), now))

    def longest(self, now: datetime) -> float:
        """Seconds that `rest` never exceeds, unless longer ones are asked for."""
        return self._wait(QUIET * self._rhythm.orders, now)

    def lessons(self, hours: float) -> Lessons:
        """What was learned, to be recalled after a restart; `hours` have gone by since it was asked for last."""
        self._rhythm.fade(hours)
        return self._rhythm.lessons()

    def recall(self, lessons: Lessons) -> None:
        """Go on from what was learned before."""
        self._rhythm.recall(lessons)

    def is_short(self, every: timedelta) -> bool:
        """Whether the budget does not allow to look at everybody every so often."""
        return self._rhythm.orders * self._cost > every.total_seconds() * self._looks_a_second

    def spent(self, requests: int) -> None:
        """A look has been done; the source has been sent so many requests since the start.

        What a look costs is all that is asked for each: an order's parts, and its share of listings, logins and checks.
        """
        self._looks += 1
        if self._looks == _LOOKS_TO_WEIGH:
            self._cost = max(1.0, (self._cost + (requests - self._spent) / self._looks) / 2)
            self._looks, self._spent = 0, requests

    def _wait(self, turns: float, now: datetime) -> float:
        """Seconds until the budget has allowed so many looks."""
        even = turns * self._cost / self._looks_a_second
        return self._rhythm.wait(even, self._local_time(now)) if self._is_daily else even

    def _turn(self, state: OrderState, kind: Kind | None) -> None:
        if kind != state.kind:
            self._rhythm.count(state.kind, kind)
            state.kind = kind

    def _kind(self, state: OrderState, now: datetime) -> Kind | None:
        if state.stage.is_final or state.vanished:
            return None  # it rests as long as all of its kind
        promised = _ordinal(state.due) if state.due else None
        self._local_time(now)
        kind = self._rhythm.kind(state.stage, promised, self._today)
        return self._kinds.setdefault(kind, kind)  # one of each, whatever the orders

    def _local_time(self, now: datetime) -> datetime:
        """To the minute: it is asked for at every look."""
        if not timedelta() <= now - self._local < _A_MINUTE:
            self._local = now.astimezone(self._zone)
            self._today = self._local.toordinal()
        return self._local


def _ordinal(moment: Moment) -> int:
    """The day of a moment; its zone does not matter to how near it is."""
    return date.fromisoformat(moment[:10]).toordinal()
