"""What people set up by talking to the bot, as functions of a connection."""

import json
from collections.abc import Mapping

from bot.model.access import Grant, Invite
from bot.model.command import Question
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.storage._connection import Connection, insert, put
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

_EXTENT = "source = ? and key = ? and destination = ? and watchlist = ? and kind = ?"
_MEMBER_COLUMNS = "chat, person, place, role, sources, watchlists"


async def begin(connection: Connection, entry: AuditEntry) -> bool:
    """Note a question. False: it was noted before."""
    waiting = entry.waiting.model_dump_json() if entry.waiting else None
    noted = await connection.run(
        """insert into audit (chat, question, person, place, at, verb, text, under, waiting)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (chat, question) do update set outcome = null where audit.outcome = ?""",
        (
            *(entry.chat, entry.question, entry.person, entry.place, entry.at, entry.verb, entry.text),
            *(entry.under, waiting, REOPENED),
        ),
    )
    return noted == 1


async def over(connection: Connection, chat: str, question: str) -> None:
    """Note that nobody waits for an answer any more."""
    await connection.run("update audit set waiting = null where chat = ? and question = ?", (chat, question))


async def reopen(connection: Connection, chat: str, since: Moment) -> list[Question]:
    """The questions noted since then for whose answer somebody waits, in the order they came."""
    rows = await connection.rows(
        f"""select id, waiting from audit where chat = ? and waiting is not null and at >= ? order by at
            {connection.locked}""",
        (chat, since),
    )
    await connection.each(
        "update audit set waiting = null, outcome = ? where id = ?", [(REOPENED, id_) for id_, _ in rows]
    )
    return [Question.model_validate_json(waiting) for _, waiting in rows]


async def shown_under(connection: Connection, entry: AuditEntry) -> str | None:
    """What was asked by the last button that was answered under the same message."""
    row = await connection.row(
        """select text from audit where chat = ? and place = ? and under = ? and under <> ''
            and outcome = 'answered' order by id desc limit 1""",
        (entry.chat, entry.place, entry.under),
    )
    return None if row is None else str(row[0])


async def finish(connection: Connection, entry: AuditEntry, outcome: str, buttons: Mapping[str, str]) -> None:
    """Note how a question ended, and what the buttons under its answer ask."""
    await connection.run(
        "update audit set outcome = ? where chat = ? and question = ?", (outcome, entry.chat, entry.question)
    )
    await connection.each(
        """insert into buttons (key, text, made_at) values (?, ?, ?)
            on conflict (key) do update set made_at = excluded.made_at""",
        [(key, text, entry.at) for key, text in buttons.items()],
    )


async def button(connection: Connection, key: str) -> str | None:
    """What a button asks."""
    row = await connection.row("select text from buttons where key = ?", (key,))
    return None if row is None else str(row[0])


async def watch(connection: Connection, wanted: ChatWatch, timezone: str) -> bool:
    """Follow an order. False: it was followed there already, and only its name is new."""
    known = await connection.row(
        "select 1 from watches where source = ? and key = ? and destination = ?",
        (wanted.source, wanted.key, wanted.destination),
    )
    await connection.run(
        f"""{insert("watches", WATCH_COLUMNS.split(", "))}
            on conflict (source, key, destination) do update set name = coalesce(excluded.name, watches.name)""",
        watch_row(wanted),
    )
    await connection.run(
        put("places", ("name", "chat", "address", "timezone", "person"), ("name",)),
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
    gone = await connection.run(
        "delete from watches where source = ? and key = ? and destination = ?", (source, key, destination)
    )
    return gone == 1


async def watches(connection: Connection) -> list[ChatWatch]:
    """Everything followed from chat."""
    rows = await connection.rows(f"select {WATCH_COLUMNS} from watches order by source, key, destination")
    return [watch_of(row) for row in rows]


async def mute(connection: Connection, wanted: Mute) -> None:
    """Mute news, in place of an earlier mute of the same, which is another one: its end does not end this."""
    await unmute(connection, wanted)
    await connection.run(
        insert("mutes", MUTE_COLUMNS.split(", ")),
        (*mute_extent(wanted), wanted.until, wanted.holds, wanted.person, wanted.note, wanted.since),
    )


async def unmute(connection: Connection, about: About) -> bool:
    """End the mute of just that. False: there was none."""
    return await connection.run(f"delete from mutes where {_EXTENT}", mute_extent(about)) == 1


async def mutes(connection: Connection, now: Moment) -> list[Mute]:
    """Mutes that have not ended."""
    rows = await connection.rows(
        f"select id, {MUTE_COLUMNS} from mutes where until is null or until > ? order by id", (now,)
    )
    return [mute_of(row) for row in rows]


async def place(connection: Connection, name: str) -> Destination | None:
    """The destination that a chat watch made."""
    row = await connection.row("select chat, address, timezone, person from places where name = ?", (name,))
    if row is None:
        return None
    return Destination(name=name, chat=row[0], address=json.loads(row[1]), timezone=row[2], person=row[3])


async def invite(connection: Connection, wanted: Invite) -> None:
    """Keep an invite."""
    await connection.run(
        insert("invites", ("code_hash", "role", "sources", "watchlists", "made_at", "expires_at")),
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
    row = await connection.row(
        """update invites set used_at = ?, used_by = ? where code_hash = ? and used_at is null and expires_at > ?
            returning role, sources, watchlists""",
        (at, f"{member.chat}:{member.person or member.place}", code_hash, at),
    )
    if row is None:
        return None
    await connection.run(
        put("members", (*_MEMBER_COLUMNS.split(", "), "since"), ("chat", "person", "place")),
        member_row(member, row, at),
    )
    return redeemed(member, row)


async def members(connection: Connection) -> list[Grant]:
    """Everybody who came in by an invite."""
    rows = await connection.rows(f"select {_MEMBER_COLUMNS} from members")
    return [grant_of(row) for row in rows]


async def dismiss(connection: Connection, chat: str, id_: str) -> bool:
    """Let a person or place go. False: there is none with that id."""
    gone = await connection.run(
        "delete from members where chat = :chat and (person = :id or place = :id) and :id <> ''",
        {"chat": chat, "id": id_},
    )
    return gone > 0
