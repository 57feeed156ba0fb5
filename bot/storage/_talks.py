"""What people set up by talking to the bot, as functions of a connection; those that write run inside a transaction."""

import json
import sqlite3
from collections.abc import Mapping

from bot.model.access import Grant, Invite
from bot.model.command import Question
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.storage._rows import write_object
from bot.storage._talk_rows import (
    MUTE_COLUMNS,
    REOPENED,
    WATCH_COLUMNS,
    grant_of,
    member_row,
    mute_extent,
    mute_of,
    redeemed,
    watch_of,
    watch_row,
    write_names,
)

WAITING = "select id, waiting from audit where chat = ? and waiting is not null and at >= ? order by at"
SHOWN_UNDER = """select text from audit
    where chat = ? and place = ? and under = ? and under <> '' and outcome = 'answered' order by id desc limit 1"""


def begin(connection: sqlite3.Connection, entry: AuditEntry) -> bool:
    """Note a question. False: it was noted before."""
    waiting = entry.waiting.model_dump_json() if entry.waiting else None
    noted = connection.execute(
        """insert into audit (chat, question, person, place, at, verb, text, under, waiting)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (chat, question) do update set outcome = null where outcome = ?""",
        (
            *(entry.chat, entry.question, entry.person, entry.place, entry.at, entry.verb, entry.text),
            *(entry.under, waiting, REOPENED),
        ),
    )
    return noted.rowcount == 1


def over(connection: sqlite3.Connection, chat: str, question: str) -> None:
    """Note that nobody waits for an answer any more."""
    connection.execute("update audit set waiting = null where chat = ? and question = ?", (chat, question))


def reopen(connection: sqlite3.Connection, chat: str, since: Moment) -> list[Question]:
    """The questions noted since then for whose answer somebody waits, in the order they came."""
    rows = connection.execute(WAITING, (chat, since)).fetchall()
    connection.executemany(
        "update audit set waiting = null, outcome = ? where id = ?", [(REOPENED, id_) for id_, _ in rows]
    )
    return [Question.model_validate_json(waiting) for _, waiting in rows]


def shown_under(connection: sqlite3.Connection, entry: AuditEntry) -> str | None:
    """What was asked by the last button that was answered under the same message."""
    row = connection.execute(SHOWN_UNDER, (entry.chat, entry.place, entry.under)).fetchone()
    return None if row is None else str(row[0])


def finish(connection: sqlite3.Connection, entry: AuditEntry, outcome: str, buttons: Mapping[str, str]) -> None:
    """Note how a question ended, and what the buttons under its answer ask."""
    connection.execute(
        "update audit set outcome = ? where chat = ? and question = ?", (outcome, entry.chat, entry.question)
    )
    connection.executemany(
        """insert into buttons (key, text, made_at) values (?, ?, ?)
            on conflict (key) do update set made_at = excluded.made_at""",
        [(key, text, entry.at) for key, text in buttons.items()],
    )


def button(connection: sqlite3.Connection, key: str) -> str | None:
    """What a button asks."""
    row = connection.execute("select text from buttons where key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def watch(connection: sqlite3.Connection, wanted: ChatWatch, timezone: str) -> bool:
    """Follow an order. False: it was followed there already, and only its name is new."""
    known = connection.execute(
        "select 1 from watches where source = ? and key = ? and destination = ?",
        (wanted.source, wanted.key, wanted.destination),
    ).fetchone()
    connection.execute(
        f"""insert into watches ({WATCH_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (source, key, destination) do update set name = coalesce(excluded.name, name)""",  # noqa: S608
        watch_row(wanted),
    )
    connection.execute(
        "insert or replace into places (name, chat, address, timezone, person) values (?, ?, ?, ?, ?)",
        (
            wanted.destination,
            wanted.chat,
            write_object(wanted.place),
            timezone,
            wanted.person if wanted.is_own_place else None,
        ),
    )
    return known is None


def unwatch(connection: sqlite3.Connection, source: str, key: str, destination: str) -> bool:
    """Follow it no more. False: it was not followed there."""
    gone = connection.execute(
        "delete from watches where source = ? and key = ? and destination = ?", (source, key, destination)
    )
    return gone.rowcount == 1


def watches(connection: sqlite3.Connection) -> list[ChatWatch]:
    """Everything followed from chat."""
    rows = connection.execute(f"select {WATCH_COLUMNS} from watches order by source, key, destination")  # noqa: S608
    return [watch_of(row) for row in rows]


def mute(connection: sqlite3.Connection, wanted: Mute) -> None:
    """Mute news, in place of an earlier mute of the same."""
    connection.execute(
        f"insert or replace into mutes ({MUTE_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (*mute_extent(wanted), wanted.until, wanted.holds, wanted.person, wanted.note, wanted.since),
    )


def unmute(connection: sqlite3.Connection, about: About) -> bool:
    """End the mute of just that. False: there was none."""
    gone = connection.execute(
        "delete from mutes where source = ? and key = ? and destination = ? and watchlist = ? and kind = ?",
        mute_extent(about),
    )
    return gone.rowcount == 1


def mutes(connection: sqlite3.Connection, now: Moment) -> list[Mute]:
    """Mutes that have not ended."""
    rows = connection.execute(
        f"select id, {MUTE_COLUMNS} from mutes where until is null or until > ? order by id",  # noqa: S608
        (now,),
    )
    return [mute_of(row) for row in rows]


def place(connection: sqlite3.Connection, name: str) -> Destination | None:
    """The destination that a chat watch made."""
    row = connection.execute("select chat, address, timezone, person from places where name = ?", (name,)).fetchone()
    if row is None:
        return None
    return Destination(name=name, chat=row[0], address=json.loads(row[1]), timezone=row[2], person=row[3])


def invite(connection: sqlite3.Connection, wanted: Invite) -> None:
    """Keep an invite."""
    connection.execute(
        "insert into invites (code_hash, role, sources, watchlists, made_at, expires_at) values (?, ?, ?, ?, ?, ?)",
        (
            wanted.code_hash,
            wanted.role,
            write_names(wanted.sources),
            write_names(wanted.watchlists),
            wanted.made_at,
            wanted.expires_at,
        ),
    )


def redeem(connection: sqlite3.Connection, code_hash: str, member: Grant, at: Moment) -> Grant | None:
    """Use an invite, once. None: there is no such valid one."""
    row = connection.execute(
        """update invites set used_at = ?, used_by = ? where code_hash = ? and used_at is null and expires_at > ?
            returning role, sources, watchlists""",
        (at, f"{member.chat}:{member.person or member.place}", code_hash, at),
    ).fetchone()
    if row is None:
        return None
    connection.execute(
        "insert or replace into members (chat, person, place, role, sources, watchlists, since) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        member_row(member, row, at),
    )
    return redeemed(member, row)


def members(connection: sqlite3.Connection) -> list[Grant]:
    """Everybody who came in by an invite."""
    rows = connection.execute("select chat, person, place, role, sources, watchlists from members")
    return [grant_of(row) for row in rows]


def dismiss(connection: sqlite3.Connection, chat: str, id_: str) -> bool:
    """Let a person or place go. False: there is none with that id."""
    gone = connection.execute(
        "delete from members where chat = :chat and (person = :id or place = :id) and :id <> ''",
        {"chat": chat, "id": id_},
    )
    return gone.rowcount > 0
