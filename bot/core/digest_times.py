"""When a digest is made, and about which orders."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.access import Rights
from bot.core.calendar import at_time_of, is_holiday
from bot.model.access import Grant, Role
from bot.model.digest import Digest, Digested, Slot
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.outbox import Destination
from bot.model.quiet import Weekday
from bot.model.route import Route
from bot.model.watch import Watchlist

LONGEST_GAP = timedelta(days=14)
"""No digest is looked for further ahead than this; then it is looked again."""
_LATE = timedelta(minutes=15)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_WEEKDAYS = tuple(Weekday)


def zone_of(digest: Digest, destination: Destination) -> ZoneInfo:
    """The zone in which a digest for a destination has its days."""
    return ZoneInfo(digest.timezone or destination.timezone)


def slot_now(digest: Digest, zone: ZoneInfo, now: datetime) -> Slot | None:
    """The digest of today, once its time has come; None before, and on days without one."""
    slot = _slot(digest, zone, now, 0)
    return slot if slot and slot.at <= now else None


def next_slot_at(digest: Digest, zone: ZoneInfo, now: datetime) -> datetime:
    """When the next one is made, or when to look again."""
    slots = (_slot(digest, zone, now, ahead) for ahead in range(LONGEST_GAP.days))
    return next((slot.at for slot in slots if slot and slot.at > now), now + LONGEST_GAP)


def is_late(slot: Slot, now: datetime) -> bool:
    """Whether it was missed at its time, because nothing ran."""
    return now - slot.at > _LATE


def since(digest: Digest, last: Digested | None, now: datetime) -> Moment:
    """From when on it tells what moved: from the last one, and no further back than twice its rhythm."""
    rhythm = _WEEK if digest.is_weekly else _DAY
    before = instant_of(last.at) if last else None
    return from_instant(max(before, now - 2 * rhythm) if before else now - rhythm)


def rights_for(
    digest: Digest,
    destination: Destination,
    watchlists: Mapping[str, Watchlist],
    catch_all: Sequence[Route],
    given: Rights | None,
) -> Rights:
    """What the digest shows at a destination. `given`: what the place may see if it was let in, which is the most."""
    sources, names = _about(digest, destination.name, watchlists, catch_all)
    if given is not None:
        sources = tuple(name for name in sources if given.sees_source(name))
        names = tuple(name for name in names if given.sees_watchlist(name, watchlists[name].source))
    return Rights(Role.VIEWER, (Grant(chat=destination.chat, sources=sources, watchlists=names),))


def is_about_anything(
    digest: Digest, destination: str, watchlists: Mapping[str, Watchlist], catch_all: Sequence[Route]
) -> bool:
    """Whether any order can ever be in the digest."""
    return any(_about(digest, destination, watchlists, catch_all))


def _about(
    digest: Digest, destination: str, watchlists: Mapping[str, Watchlist], catch_all: Sequence[Route]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sources and watchlists."""
    if digest.sources or digest.watchlists:
        return digest.sources, digest.watchlists
    return (), tuple(
        name for name, each in watchlists.items() if _may_tell((*each.notify, *catch_all), each, destination)
    )


def _may_tell(routes: Iterable[Route], watchlist: Watchlist, destination: str) -> bool:
    return any(
        destination in route.to
        and (route.watchlists is None or watchlist.name in route.watchlists)
        and (route.sources is None or watchlist.source in route.sources)
        for route in routes
    )


def _slot(digest: Digest, zone: ZoneInfo, now: datetime, ahead: int) -> Slot | None:
    day = now.astimezone(zone).date() + timedelta(days=ahead)
    if _WEEKDAYS[day.weekday()] not in digest.days or (digest.holidays and is_holiday(day, digest.holidays)):
        return None
    return Slot(day, at_time_of(day, digest.at, zone))
