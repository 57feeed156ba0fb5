"""What operators do to the outbox from outside: send again what was given up, and end what need not be sent.

It needs no stop of a running program: that one claims a row in a transaction before it sends it, so whatever is not
being sent is nobody's, and it looks at the outbox every half minute at the latest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.moment import Moment
from bot.storage._connection import Connection

# Conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

DROPPED = "dropped by operator"
DOUBT = """update notifications set unclear = true, first_try_at = coalesce(first_try_at, created_at)
    where state in ('pending', 'sending')"""
"""What is owed may have been sent: it is looked for in the chat, from its making on, or sent as a possible repeat."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which notifications: these ids, or all of a destination, or all there are."""

    ids: tuple[int, ...] = ()
    destination: str | None = None


async def retry(connection: Connection, chosen: Chosen) -> Sequence[int]:
    """Put dead notifications back, each in its place by id, and let waiting ones be tried at once. Returns their ids.

    A row whose last send may have arrived keeps its first try: that is how far back it is looked for. Any other
    starts anew. Parts that arrived are not sent again.
    """
    condition, values = _condition(connection, chosen)
    rows = await connection.rows(
        f"""update notifications set state = 'pending', reason = null, attempts = 0, not_before = null,
            settled_at = null, first_try_at = case when unclear then first_try_at end
        where (state = 'dead' or state = 'pending' and attempts > 0) and {condition} returning id""",
        values,
    )
    return sorted(id_ for (id_,) in rows)


async def drop(connection: Connection, chosen: Chosen, at: Moment) -> Sequence[int]:
    """End waiting and dead notifications as dead, with DROPPED as reason. Returns their ids.

    What is being sent is left alone.
    """
    condition, values = _condition(connection, chosen)
    rows = await connection.rows(
        f"""update notifications set state = 'dead', reason = :reason, settled_at = :at, not_before = null
        where state in ('dead', 'pending') and coalesce(reason, '') <> :reason and {condition} returning id""",
        {**values, "reason": DROPPED, "at": at},
    )
    return sorted(id_ for (id_,) in rows)


async def doubt(connection: Connection, chosen: Chosen) -> Sequence[int]:
    """Say that what is owed may have been sent, as after a way back to an older copy of the database. Returns the ids.

    It is looked for in the chat, or marked as a possible repeat, before it is sent.
    """
    condition, values = _condition(connection, chosen)
    rows = await connection.rows(f"{DOUBT} and {condition} returning id", values)
    return sorted(id_ for (id_,) in rows)


def _condition(connection: Connection, chosen: Chosen) -> tuple[str, dict[str, object]]:
    if chosen.ids:
        return connection.among("id", ":ids"), {"ids": connection.many(chosen.ids)}
    if chosen.destination is not None:
        return "destination = :destination", {"destination": chosen.destination}
    return "true", {}
