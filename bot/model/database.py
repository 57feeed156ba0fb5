"""Where everything is kept: a file of one machine, or a PostgreSQL database that many can reach."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES = ("postgresql", "postgres")
_SECRET_SETTINGS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Dsn:
    """The address of a PostgreSQL database. As text it tells user, host and database, and no secret."""

    secret: str = field(repr=False)
    """As it was written, with the password: for the driver alone."""

    def __str__(self) -> str:
        parts = urlsplit(self.secret)
        login, at, hosts = parts.netloc.rpartition("@")
        return f"postgresql://{login.partition(':')[0]}{at}{hosts}{parts.path}"

    def __repr__(self) -> str:
        return f"Dsn({str(self)!r})"

    @property
    def secrets(self) -> frozenset[str]:
        """What must be shown nowhere, as it is written and as it is meant."""
        parts = urlsplit(self.secret)
        password = parts.netloc.rpartition("@")[0].partition(":")[2]
        settings = [value for name, value in parse_qsl(parts.query) if name in _SECRET_SETTINGS]
        return frozenset({password, unquote(password), *settings}) - {""}


Database = Path | Dsn


def is_dsn(written: str) -> bool:
    """Whether this is the address of a PostgreSQL database, and not a path."""
    scheme, mark, _ = written.partition("://")
    return bool(mark) and scheme in _SCHEMES


def dsn(written: str) -> Dsn:
    """An address whose password everybody finds in the same place. Raises ValueError, which does not show it."""
    login, _, hosts = written.partition("://")[2].rpartition("@")
    if re.search(r"[@/?#]|%(?![0-9A-Fa-f]{2})", login) or "#" in hosts:
        raise ValueError(
            "in an address, write these signs of a user or a password in another way: "
            "@ as %40, / as %2F, ? as %3F, # as %23, % as %25; or leave the password to PGPASSWORD or ~/.pgpass"
        )
    return Dsn(written)
