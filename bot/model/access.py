"""Who may see and do what, as the config or an invite says it."""

from enum import StrEnum

from bot.model.frozen import Frozen
from bot.model.moment import Moment
from bot.model.quiet import QuietWindow


class Role(StrEnum):
    """What somebody may do; each may do what the ones before it may."""

    VIEWER = "viewer"
    """Ask."""
    WATCHER = "watcher"
    """Also follow and mute."""
    OPERATOR = "operator"
    """Also see where everything was sent."""

    @property
    def rank(self) -> int:
        """Position among the roles."""
        return list(Role).index(self)


class Grant(Frozen):
    """One entry of the allow-list: a person, or a place and everybody in it. Exactly one of both is set."""

    chat: str
    """Kind of chat."""
    person: str | None = None
    place: str | None = None
    """As `bot.core.access.place_id` writes the address."""
    role: Role = Role.VIEWER
    sources: tuple[str, ...] | None = None
    watchlists: tuple[str, ...] | None = None
    """Both None: every order. Otherwise the orders of these sources, and those these watchlists follow."""
    quiet: tuple[QuietWindow, ...] = ()
    """When nothing but urgent news is told to the person, or there, of what is followed from chat."""


class Invite(Frozen):
    """A way in that works once."""

    code_hash: str
    """SHA-256 of the code, in hex. The code itself is kept nowhere."""
    role: Role
    sources: tuple[str, ...] | None = None
    watchlists: tuple[str, ...] | None = None
    made_at: Moment
    expires_at: Moment
