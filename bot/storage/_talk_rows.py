"""What people set up by talking, as rows of tables and back: pure, and the same for every store of these tables."""

import json
from collections.abc import Sequence

from bot.model.access import Grant
from bot.model.moment import Moment
from bot.model.talk import About, ChatWatch, Mute
from bot.storage._rows import Row, write_list, write_object

REOPENED = "again"
"""Outcome of a question that may begin once more."""
WATCH_COLUMNS = "source, key, destination, written, name, chat, person, place, is_own_place, since"
MUTE_COLUMNS = "source, key, destination, watchlist, kind, until, holds, person, note, since"


def watch_row(watch: ChatWatch) -> Row:
    """Values of WATCH_COLUMNS."""
    return (
        watch.source,
        watch.key,
        watch.destination,
        watch.written,
        watch.name,
        watch.chat,
        watch.person,
        write_object(watch.place),
        watch.is_own_place,
        watch.since,
    )


def watch_of(row: Row) -> ChatWatch:
    """A row of WATCH_COLUMNS."""
    columns = dict(zip(WATCH_COLUMNS.split(", "), row, strict=True))
    columns["place"] = json.loads(columns["place"])
    columns["is_own_place"] = bool(columns["is_own_place"])
    return ChatWatch(**columns)


def mute_extent(about: About) -> tuple[str, ...]:
    """What a mute is about: the first of MUTE_COLUMNS."""
    members = (about.source, about.key, about.destination, about.watchlist, about.kind)
    return tuple(member or "" for member in members)


def mute_of(row: Row) -> Mute:
    """An id and a row of MUTE_COLUMNS."""
    id_, source, key, destination, watchlist, kind, until, holds, person, note, since = row
    return Mute(
        id=id_,
        source=source or None,
        key=key or None,
        destination=destination or None,
        watchlist=watchlist or None,
        kind=kind or None,
        until=until,
        holds=bool(holds),
        person=person,
        note=note,
        since=since,
    )


def member_row(member: Grant, given: Row, since: Moment) -> Row:
    """The row of somebody to whom an invite gives a role, sources and watchlists."""
    return (member.chat, member.person or "", member.place or "", *given, since)


def grant_of(row: Row) -> Grant:
    """Chat, person, place, role, sources and watchlists of a member."""
    chat, person, place, role, sources, watchlists = row
    return Grant(
        chat=chat,
        person=person or None,
        place=place or None,
        role=role,
        sources=_read_names(sources),
        watchlists=_read_names(watchlists),
    )


def redeemed(member: Grant, given: Row) -> Grant:
    """What somebody may who redeemed an invite that gives a role, sources and watchlists."""
    role, sources, watchlists = given
    return Grant.model_validate(
        {
            **member.model_dump(),
            "role": role,
            "sources": _read_names(sources),
            "watchlists": _read_names(watchlists),
        }
    )


def write_names(names: Sequence[str] | None) -> str | None:
    """Names as they are stored; None: all."""
    return None if names is None else write_list(names)


def _read_names(written: str | None) -> tuple[str, ...] | None:
    return None if written is None else tuple(json.loads(written))
