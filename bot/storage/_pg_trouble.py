"""What PostgreSQL says when something is wrong, said again for people: which database, what happened, what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import DataError, Error, OperationalError, errors

from bot.errors import StorageError, StorageUnreachable
from bot.model.database import Dsn

_WRONG_LOGIN = "it does not accept the user or the password; check `database` in the config"
_NO_DATABASE = "there is no such database on the server; make it with createdb"
_REFUSALS = (
    (
        r"authentication failed|no password supplied|pg_hba\.conf|role \S+ does not exist|not permitted to log in",
        _WRONG_LOGIN,
    ),
    (r"database \S+ does not exist", _NO_DATABASE),
    (r"permission denied for database", "the user may not connect to this database; grant it, or make it the owner"),
)
"""What a server says, in English, when it lets somebody in never. While it connects the driver knows no error codes."""
_PASSES = (
    (errors.ReadOnlySqlTransaction, "it is a standby that takes no writes; name the primary, or both of them"),
    (errors.DiskFull, "the server's disk is full, nothing of this was written; free some space"),
    (errors.TooManyConnections, "it has no connection left; raise max_connections, or stop what holds them"),
)
_STAYS: tuple[tuple[type[Error] | tuple[type[Error], ...], str], ...] = (
    ((errors.InvalidPassword, errors.InvalidAuthorizationSpecification), _WRONG_LOGIN),
    (errors.InvalidCatalogName, _NO_DATABASE),
    (errors.InsufficientPrivilege, "the user may not do this; make it the owner of the database's tables"),
    (
        (errors.DuplicatePreparedStatement, errors.InvalidSqlStatementName),
        "a pooler in between gives the connection away after each transaction; let it keep it for a session",
    ),
    (DataError, "a value cannot be stored, nothing of this was written"),
)


@contextmanager
def told_for_people(database: Dsn) -> Iterator[None]:
    """Turn whatever the driver raises inside the block into a StorageError about `database`.

    It is a StorageUnreachable if waiting may help.
    """
    try:
        yield
    except Error as error:
        passes, words = _judged(error)
        kind = StorageUnreachable if passes else StorageError
        raise kind(f"{database}: {words} ({_first_line(error)})") from error
    except OSError as error:
        raise StorageUnreachable(f"{database}: it cannot be reached ({error.strerror or error})") from error
    except (UnicodeError, OverflowError) as error:
        raise StorageError(f"{database}: a value cannot be stored, nothing of this was written ({error})") from error


def _judged(error: Error) -> tuple[bool, str]:
    """Whether it may pass, and what happened in words."""
    for kind, words in _PASSES:
        if isinstance(error, kind):
            return True, words
    for kinds, words in _STAYS:
        if isinstance(error, kinds):
            return False, words
    if not isinstance(error, OperationalError):
        return False, "the database refused this, nothing of it was written"
    for pattern, words in _REFUSALS:
        if error.sqlstate is None and re.search(pattern, str(error)):
            return False, words
    return True, "it cannot be reached or broke off, nothing of this is known to be written; see whether it runs"


def _first_line(error: Error) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
