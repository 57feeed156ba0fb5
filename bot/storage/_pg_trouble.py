"""What PostgreSQL says when something is wrong, said again for people: which database, what happened, what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import DataError, Error, OperationalError, errors

from bot.errors import StorageError
from bot.model.database import Dsn

_ADVICE: tuple[tuple[type[Error] | tuple[type[Error], ...], str], ...] = (
    (
        (errors.InvalidPassword, errors.InvalidAuthorizationSpecification),
        "it does not accept the user or the password; check `database` in the config",
    ),
    (errors.InvalidCatalogName, "there is no such database on the server; make it with createdb"),
    (errors.InsufficientPrivilege, "the user may not do this; make it the owner of the database's tables"),
    (errors.ReadOnlySqlTransaction, "it is a standby that takes no writes; name the primary, or both of them"),
    (errors.DiskFull, "the server's disk is full, nothing of this was written; free some space and it goes on"),
    (errors.TooManyConnections, "it has no connection left; raise max_connections, or stop what holds them"),
    (DataError, "a value cannot be stored, nothing of this was written"),
    (OperationalError, "it cannot be reached or broke off, nothing of this is known to be written; it is tried again"),
)


@contextmanager
def told_for_people(database: Dsn) -> Iterator[None]:
    """Turn whatever the driver raises inside the block into a StorageError about `database`."""
    try:
        yield
    except Error as error:
        raise StorageError(f"{database}: {_advice(error)} ({_first_line(error)})") from error
    except OSError as error:
        raise StorageError(f"{database}: it cannot be reached ({error.strerror or error})") from error
    except (UnicodeError, OverflowError) as error:
        raise StorageError(f"{database}: a value cannot be stored, nothing of this was written ({error})") from error


def _advice(error: Error) -> str:
    for kind, words in _ADVICE:
        if isinstance(error, kind):
            return words
    return "the database refused this, nothing of it was written"


def _first_line(error: Error) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
