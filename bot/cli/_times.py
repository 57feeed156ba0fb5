"""Times and ages as people read them in a terminal."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model.moment import Moment, instant_of


def shown(moment: Moment | None, zone: str) -> str:
    """A day as it is; an instant in that IANA zone, to the minute; nothing for None."""
    if moment is None:
        return ""
    instant = instant_of(moment)
    return moment if instant is None else instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def age(moment: Moment | None, now: datetime) -> str:
    """`3 min ago`, `4 h ago`, `2 d ago`; `never` for None."""
    instant = None if moment is None else instant_of(moment)
    if instant is None:
        return "never"
    past = max(now - instant, timedelta(0))
    if past < timedelta(minutes=1):
        return f"{past.seconds} s ago"
    if past < timedelta(hours=1):
        return f"{past.seconds // 60} min ago"
    return f"{past.seconds // 3600} h ago" if past < timedelta(days=1) else f"{past.days} d ago"
