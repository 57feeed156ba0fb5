"""The tables, and how a file of an older program becomes one of this program.

Names here are public: people query the file with the sqlite-utils command line or Datasette. Moments are text as in
`bot.model.moment`, lists and models are JSON text, yes and no are 1 and 0. A migration that has been released is
never edited; a change of mind is a new one with the next number.
"""

import os
import re
import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from bot.errors import SchemaTooNew, StorageError
from bot.storage._trouble import told_for_people

MIGRATIONS = Migrations("orderwatch")


@MIGRATIONS(name="0001_orders_and_outbox")
def _orders_and_outbox(db: Database) -> None:
    for statement in (*_ORDERS, *_OUTBOX, *_MEMORY, *_TALKS):
        db.execute(statement)


OPEN_ORDER = "not vanished and stage not in ('completed', 'cancelled')"
"""As the indexes over open orders have it: a statement that says it otherwise does not use them."""

STATUS_MOVE = "kind in ('appeared', 'status', 'moved_backwards', 'completed', 'cancelled')"
"""As the index over moves into a status has it."""

STUCK_ORDER = "memory ->> '$.told.stuck.about' = memory ->> '$.status_since'"
"""It has become news that the order is still in the status it is in."""

_ORDERS = (
    # The order itself comes last: whoever reads only the columns before it never touches its overflow pages.
    """create table orders (
        source text not null, key text not null,
        number text, reference text, status text, stage text not null default 'unknown',
        delivery_promised text, due text, tracking text not null default '[]',
        seq integer not null default 0, depth text not null default 'header', digest text,
        raw_digest blob, list_digest blob,
        first_seen_at text not null, seen_at text, changed_at text, next_poll_at text,
        missing integer not null default 0, vanished integer not null default 0, scopes text not null default '[]',
        doubt text, alarm_at text, archived_at text, memory text, promises text, snapshot text,
        primary key (source, key)
    ) strict""",
    # An order that is watched but was never answered for has no version and never changed, and no list shows it.
    "create index orders_by_change on orders (changed_at, source, archived_at) where changed_at is not null",
    "create index orders_by_source on orders (source, changed_at, archived_at) where changed_at is not null",
    """create index orders_by_stage on orders (stage, changed_at, source, archived_at)
        where changed_at is not null""",
    # Open orders by date and by age: what is late, due or stuck.
    f"create index orders_by_due on orders (due, source, stage, vanished) where due is not null and {OPEN_ORDER}",
    f"""create index orders_by_age on orders (changed_at, source, stage, vanished)
        where changed_at is not null and {OPEN_ORDER}""",
    f"""create index orders_stuck on orders (changed_at, source)
        where changed_at is not null and {OPEN_ORDER} and {STUCK_ORDER}""",
    "create index orders_by_alarm on orders (source, alarm_at) where alarm_at is not null",
    """create table order_names (
        name text not null, source text not null, key text not null,
        primary key (name, source, key)
    ) strict, without rowid""",
    """create table snapshots (
        source text not null, key text not null, seq integer not null,
        seen_at text not null, digest text not null, media_type text, raw blob,
        primary key (source, key, seq)
    ) strict""",
    "create index snapshots_by_age on snapshots (seen_at) where raw is not null",
    """create table changes (
        id integer primary key,
        source text not null, key text not null, seq integer not null, seen_at text not null,
        kind text not null, line text, field text, "before" text, "after" text, change text not null
    ) strict""",
    "create index changes_by_order on changes (source, key)",
    f"create index changes_of_status on changes (source, id) where {STATUS_MOVE}",
)

_OUTBOX = (
    # Ids are never given out twice, also after the youngest rows were dropped: readers remember the last one they saw.
    """create table notifications (
        id integer primary key autoincrement,
        key text not null unique, destination text not null, state text not null default 'pending',
        source text, order_key text, seq integer, kinds text not null, route text not null,
        created_at text not null, severity text not null default 'normal', gather_until text, held_for text,
        first_try_at text, not_before text, settled_at text, gathered text, merged_into integer,
        attempts integer not null default 0, parts_sent integer not null default 0,
        unclear integer not null default 0, reason text, message text not null
    ) strict""",
    "create index notifications_open on notifications (destination, id) where state in ('pending', 'sending')",
    """create index notifications_urgent on notifications (destination, id)
        where state in ('pending', 'sending') and severity = 'urgent'""",
    "create index notifications_by_state on notifications (state)",
    """create index notifications_by_order on notifications (source, order_key, seq)
        where order_key is not null""",
    "create index notifications_by_leader on notifications (merged_into) where merged_into is not null",
    "create index notifications_by_age on notifications (settled_at) where settled_at is not null",
    """create table messages (
        notification_id integer not null, part integer not null, destination text not null,
        message_id text not null, sent_at text not null,
        primary key (notification_id, part)
    ) strict, without rowid""",
    "create index messages_by_id on messages (destination, message_id)",
    """create table threads (
        id integer primary key,
        destination text not null, source text not null, key text not null, place text not null,
        message_id text not null, says text not null, told_at text not null,
        unique (destination, source, key)
    ) strict""",
    "create index threads_by_message on threads (destination, message_id)",
    "create index threads_by_age on threads (told_at)",
    """create table destinations (
        name text primary key, moved_from text not null, moved_to text not null, moved_at text not null
    ) strict, without rowid""",
)

_MEMORY = (
    """create table sources (
        source text primary key, failures integer not null, successes integer not null, failing_since text,
        told integer not null, reason text, last_ok_at text, retry_at text, stale_answers integer not null,
        unreachable integer not null, together integer not null, answering_since text, caught_up integer not null,
        found integer not null, spent_limit text, spent_until text
    ) strict, without rowid""",
    """create table status_words (
        source text not null, word text not null, first_seen_at text not null,
        primary key (source, word)
    ) strict, without rowid""",
    """create table baselines (
        watchlist text primary key, orders integer not null, taken_at text not null
    ) strict, without rowid""",
    """create table digests (
        name text not null, destination text not null, day text not null, made_at text not null,
        primary key (name, destination)
    ) strict, without rowid""",
    """create table sweeps (
        source text not null, scope text not null, completed_at text not null,
        primary key (source, scope)
    ) strict, without rowid""",
    """create table readings (
        source text primary key, statuses text not null
    ) strict, without rowid""",
    """create table alarm_settings (
        source text primary key, settings text not null
    ) strict, without rowid""",
    """create table spent (
        source text primary key, requests text not null
    ) strict, without rowid""",
    """create table lessons (
        source text primary key, learned text not null
    ) strict, without rowid""",
    """create table stays (
        source text not null, status text not null, within integer not null, "limit" integer not null,
        orders integer not null, learned_at text not null,
        primary key (source, status)
    ) strict, without rowid""",
    "create table beats (loop text primary key, at text not null) strict, without rowid",
)

_TALKS = (
    """create table watches (
        source text not null, key text not null, destination text not null, written text not null, name text,
        chat text not null, person text not null, place text not null, is_own_place integer not null,
        since text not null,
        primary key (source, key, destination)
    ) strict, without rowid""",
    """create table places (
        name text primary key, chat text not null, address text not null, timezone text not null, person text
    ) strict, without rowid""",
    # Empty text where a mute says nothing: two of the same extent are one row.
    """create table mutes (
        id integer primary key autoincrement,
        source text not null, key text not null, watchlist text not null, kind text not null,
        destination text not null, until text, holds integer not null, person text not null, note text,
        since text not null,
        unique (source, key, destination, watchlist, kind)
    ) strict""",
    # What waits for somebody; `look_at` is when it may be told again, and means nothing once it is acknowledged.
    """create table exceptions (
        source text not null, key text not null, kind text not null, since text not null, change text not null,
        acknowledged_at text, acknowledged_by text, note text,
        reminded integer not null default 0, reminded_at text, escalated_at text, look_at text not null,
        primary key (source, key, kind)
    ) strict""",
    "create index exceptions_by_look on exceptions (source, look_at) where acknowledged_at is null",
    "create index exceptions_open on exceptions (since, source, key) where acknowledged_at is null",
    """create table assignments (
        source text not null, key text not null, chat text not null, person text not null, "by" text not null,
        since text not null,
        primary key (source, key)
    ) strict, without rowid""",
    """create table audit (
        id integer primary key,
        chat text not null, question text not null, person text not null, place text not null, at text not null,
        verb text not null, text text not null, outcome text, under text not null default '', waiting text,
        unique (chat, question)
    ) strict""",
    "create index audit_by_age on audit (at)",
    "create index audit_by_message on audit (chat, place, under) where under <> ''",
    "create index audit_waiting on audit (chat, at) where waiting is not null",
    """create table buttons (key text primary key, text text not null, made_at text not null) strict, without rowid""",
    "create index buttons_by_age on buttons (made_at)",
    """create table invites (
        code_hash text primary key, role text not null, sources text, watchlists text,
        made_at text not null, expires_at text not null, used_at text, used_by text
    ) strict, without rowid""",
    """create table members (
        chat text not null, person text not null default '', place text not null default '', role text not null,
        sources text, watchlists text, since text not null,
        primary key (chat, person, place)
    ) strict, without rowid""",
)


def bring_up_to_date(path: Path, connection: sqlite3.Connection, migrations: Migrations = MIGRATIONS) -> None:
    """Make the tables of a new file, or migrate an older one after copying it to `<name>.before-<version>.bak`.

    Raises SchemaTooNew, and StorageError for a file of another program or one that cannot be written.
    """
    with told_for_people(path):
        db = Database(connection, execute_plugins=False)
        version = _version(path, db, migrations)
        pending = migrations.pending(db)
        if version and pending:
            _copy(connection, _copy_path(path, _number(pending[0].name)))
        if pending:
            migrations.apply(db)


def require_current(path: Path, connection: sqlite3.Connection, migrations: Migrations = MIGRATIONS) -> None:
    """Check that a file can be read by this program as it is. Raises SchemaTooNew, or StorageError when it is older."""
    with told_for_people(path):
        db = Database(connection, execute_plugins=False)
        version = _version(path, db, migrations)
        pending = migrations.pending(db)
    if pending:
        raise StorageError(
            f"{path} has schema version {version}, this program reads {_number(pending[-1].name)}; "
            "start `orderwatch run` once to bring it up to date"
        )


def require_known(path: Path, db: Database, migrations: Migrations = MIGRATIONS) -> None:
    """Check that a file is ours and no newer than this program. Raises SchemaTooNew, StorageError."""
    if not _version(path, db, migrations):
        raise StorageError(f"{path} is an empty database; choose another file")


def _version(path: Path, db: Database, migrations: Migrations) -> int:
    """The number of the last migration applied; 0 for an empty file."""
    applied = [migration.name for migration in migrations.applied(db)]
    if not applied and set(db.table_names()) - {migrations.migrations_table, "sqlite_sequence"}:
        raise StorageError(f"{path} holds the tables of another program; choose another path for the database")
    version = max(map(_number, applied), default=0)
    known = _newest(migrations)
    if version > known:
        copy = _copy_path(path, known + 1)
        way_back = f", or go back to its copy {copy}" if copy.exists() else ""
        raise SchemaTooNew(
            f"{path} has schema version {version}, this program knows versions up to {known}; "
            f"install the newer orderwatch again{way_back}"
        )
    return version


def _newest(migrations: Migrations) -> int:
    nothing = Database(memory=True, execute_plugins=False)
    try:
        return max(_number(migration.name) for migration in migrations.pending(nothing))
    finally:
        nothing.close()


def _number(name: str) -> int:
    match = re.match(r"\d+", name)
    return int(match[0]) if match else 0


def _copy_path(path: Path, version: int) -> Path:
    return path.with_name(f"{path.name}.before-{version}.bak")


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """Copy a database whole: under another name first, so that a copy that exists is complete."""
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL, 0o600))
    copy = sqlite3.connect(unfinished)
    try:
        connection.backup(copy)
    finally:
        copy.close()
    unfinished.replace(target)
