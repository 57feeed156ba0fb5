"""What people set up by talking to the bot, in PostgreSQL, as functions of a connection."""

import json
from collections.abc import Mapping

from bot.model.access import Grant, Invite
from bot.model.command import Question
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.storage._pg_connections import Connection
from bot.storage._pg_views import row_of, rows_of
from bot.storage._record_rows import insert
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

# Column lists are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_EXTENT = "source = %s and key = %s and destination = %s and watchlist = %s and kind = %s"


async def begin(connection: Connection, entry: AuditEntry) -> bool:
    """Note a question. False: it was noted before."""
    waiting = entry.waiting.model_dump_json() if entry.waiting else None
    noted = await connection.execute(
        """insert into audit (chat, question, person, place, at, verb, text, under, waiting)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (chat, question) do update set outcome = null where audit.outcome = %s""",
        (
            *(entry.chat, entry.question, entry.person, entry.place, entry.at, entry.verb, entry.text),
            *(entry.under, waiting, REOPENED),
        ),
    )
    return bool(noted.rowcount == 1)


async def over(connection: Connection, chat: str, question: str) -> None:
    """Note that nobody waits for an answer any more."""
    await connection.execute("update audit set waiting = null where chat = %s and question = %s", (chat, question))


async def reopen(connection: Connection, chat: str, since: Moment) -> list[Question]:
    """The questions noted since then for whose answer somebody waits, in the order they came."""
    rows = await rows_of(
        connection,
        "select id, waiting from audit where chat = %s and waiting is not null and at >= %s order by at for update",
        (chat, since),
    )
    await connection.execute(
        "update audit set waiting = null, outcome = %s where id = any(%s)", (REOPENED, [id_ for id_, _ in rows])
    )
    return [Question.model_validate_json(waiting) for _, waiting in rows]


async def shown_under(connection: Connection, entry: AuditEntry) -> str | None:
    """What was asked by the last button that was answered under the same message."""
    row = await row_of(
        connection,
        """select text from audit where chat = %s and place = %s and under = %s and under <> ''
            and outcome = 'answered' order by id desc limit 1""",
        (entry.chat, entry.place, entry.under),
    )
    return None if row is None else str(row[0])


async def finish(connection: Connection, entry: AuditEntry, outcome: str, buttons: Mapping[str, str]) -> None:
    """Note how a question ended, and what the buttons under its answer ask."""
    await connection.execute(
        "update audit set outcome = %s where chat = %s and question = %s", (outcome, entry.chat, entry.question)
    )
    await connection.cursor().executemany(
        """insert into buttons (key, text, made_at) values (%s, %s, %s)
            on conflict (key) do update set made_at = excluded.made_at""",
        [(key, text, entry.at) for key, text in buttons.items()],
    )


async def button(connection: Connection, key: str) -> str | None:
    """What a button asks."""
    row = await row_of(connection, "select text from buttons where key = %s", (key,))
    return None if row is None else str(row[0])


async def watch(connection: Connection, wanted: ChatWatch, timezone: str) -> bool:
    """Follow an order. False: it was followed there already, and only its name is new."""
    known = await row_of(
        connection,
        "select 1 from watches where source = %s and key = %s and destination = %s",
        (wanted.source, wanted.key, wanted.destination),
    )
    await connection.execute(
        f"""{insert("watches", WATCH_COLUMNS.split(", "), "%s")}
            on conflict (source, key, destination) do update set name = coalesce(excluded.name, watches.name)""",
        watch_row(wanted),
    )
    await connection.execute(
        """insert into places (name, chat, address, timezone, person) values (%s, %s, %s, %s, %s)
            on conflict (name) do update set chat = excluded.chat, address = excluded.address,
                timezone = excluded.timezone, person = excluded.person""",
        (
            wanted.destination,
            wanted.chat,
            write_object(wanted.place),
            timezone,
            wanted.person if wanted.is_own_place else None,
        ),
    )
    return known is None


async def unwatch(connection: Connection, source: str, key: str, destination: str) -> bool:
    """Follow it no more. False: it was not followed there."""
    gone = await connection.execute(
        "delete from watches where source = %s and key = %s and destination = %s", (source, key, destination)
    )
    return bool(gone.rowcount == 1)


async def watches(connection: Connection) -> list[ChatWatch]:
    """Everything followed from chat."""
    rows = await rows_of(connection, f"select {WATCH_COLUMNS} from watches order by source, key, destination")
    return [watch_of(row) for row in rows]


async def mute(connection: Connection, wanted: Mute) -> None:
    """Mute news, in place of an earlier mute of the same, which is another one: its end does not end this."""
    await connection.execute(f"delete from mutes where {_EXTENT}", mute_extent(wanted))
    await connection.execute(
        insert("mutes", MUTE_COLUMNS.split(", "), "%s"),
        (*mute_extent(wanted), wanted.until, wanted.holds, wanted.person, wanted.note, wanted.since),
    )


async def unmute(connection: Connection, about: About) -> bool:
    """End the mute of just that. False: there was none."""
    gone = await connection.execute(f"delete from mutes where {_EXTENT}", mute_extent(about))
    return bool(gone.rowcount == 1)


async def mutes(connection: Connection, now: Moment) -> list[Mute]:
    """Mutes that have not ended."""
    rows = await rows_of(
        connection, f"select id, {MUTE_COLUMNS} from mutes where until is null or until > %s order by id", (now,)
    )
    return [mute_of(row) for row in rows]


async def place(connection: Connection, name: str) -> Destination | None:
    """The destination that a chat watch made."""
    row = await row_of(connection, "select chat, address, timezone, person from places where name = %s", (name,))
    if row is None:
        return None
    return Destination(name=name, chat=row[0], address=json.loads(row[1]), timezone=row[2], person=row[3])


async def invite(connection: Connection, wanted: Invite) -> None:
    """Keep an invite."""
    await connection.execute(
        insert("invites", ("code_hash", "role", "sources", "watchlists", "made_at", "expires_at"), "%s"),
        (
            wanted.code_hash,
            wanted.role.value,
            write_names(wanted.sources),
            write_names(wanted.watchlists),
            wanted.made_at,
            wanted.expires_at,
        ),
    )


async def redeem(connection: Connection, code_hash: str, member: Grant, at: Moment) -> Grant | None:
    """Use an invite, once. None: there is no such valid one."""
    row = await row_of(
        connection,
        """update invites set used_at = %s, used_by = %s where code_hash = %s and used_at is null and expires_at > %s
            returning role, sources, watchlists""",
        (at, f"{member.chat}:{member.person or member.place}", code_hash, at),
    )
    if row is None:
        return None
    await connection.execute(
        """insert into members (chat, person, place, role, sources, watchlists, since)
            values (%s, %s, %s, %s, %s, %s, %s)
            on conflict (chat, person, place) do update set role = excluded.role, sources = excluded.sources,
                watchlists = excluded.watchlists, since = excluded.since""",
        member_row(member, row, at),
    )
    return redeemed(member, row)


async def members(connection: Connection) -> list[Grant]:
    """Everybody who came in by an invite."""
    rows = await rows_of(connection, "select chat, person, place, role, sources, watchlists from members")
    return [grant_of(row) for row in rows]


async def dismiss(connection: Connection, chat: str, id_: str) -> bool:
    """Let a person or place go. False: there is none with that id."""
    if not id_:
        return False
    gone = await connection.execute(
        "delete from members where chat = %s and (person = %s or place = %s)", (chat, id_, id_)
    )
    return bool(gone.rowcount > 0)
