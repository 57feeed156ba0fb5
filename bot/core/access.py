"""Who may see and do what.

A person's own grant counts wherever only that person reads the answer. Where others read it too, the place must have
been given what is shown: there the place's grant decides what is seen, and the better of both roles what may be done.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.access import Grant, Role
from bot.model.command import Question
from bot.model.outbox import Destination
from bot.model.quiet import QuietWindow


@dataclass(frozen=True, slots=True)
class Rights:
    """What one question may do and see."""

    role: Role
    grants: tuple[Grant, ...]
    """What they see is what any of these grants lets them see."""

    def allows(self, role: Role) -> bool:
        """Whether what needs that role may be done."""
        return self.role.rank >= role.rank

    @property
    def sees_everything(self) -> bool:
        """Whether nothing is kept from them."""
        return any(grant.sources is None and grant.watchlists is None for grant in self.grants)

    def sees_source(self, source: str) -> bool:
        """Whether every order of the source may be seen."""
        return self.sees_everything or any(source in (grant.sources or ()) for grant in self.grants)

    def sees_watchlist(self, watchlist: str, source: str) -> bool:
        """Whether every order of the watchlist, which is of that source, may be seen."""
        return self.sees_source(source) or any(watchlist in (grant.watchlists or ()) for grant in self.grants)


EVERYTHING = Rights(Role.OPERATOR, (Grant(chat="", role=Role.OPERATOR),))
"""Of whoever sits at the machine itself."""


def rights_of(question: Question, grants: Iterable[Grant]) -> Rights | None:
    """The rights of a question; None for a stranger, or where others would read what the place was not given."""
    if question.via == "cli":
        return EVERYTHING
    persons, places = granted(grants, question.chat, question.person, question.place)
    seen = places if question.is_overheard else persons or places
    return Rights(max((grant.role for grant in (*persons, *seen)), key=lambda role: role.rank), seen) if seen else None


def rights_of_place(chat: str, place: Mapping[str, Any], grants: Iterable[Grant]) -> Rights | None:
    """What everybody in a place may see; None if it was given nothing."""
    _, places = granted(grants, chat, "", place)
    return Rights(max((grant.role for grant in places), key=lambda role: role.rank), places) if places else None


def granted(
    grants: Iterable[Grant], chat: str, person: str, place: Mapping[str, Any]
) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """The grants of a person, and those of a place: its own, and that of the group whose topic it is."""
    ids = {place_id(place), place_id({key: value for key, value in place.items() if key != _PART_OF_PLACE})}
    mine = [grant for grant in grants if grant.chat == chat]
    return (
        tuple(grant for grant in mine if person and grant.person == person),
        tuple(grant for grant in mine if grant.place in ids and grant.place),
    )


def quiet_of(place: Destination, grants: Iterable[Grant]) -> tuple[QuietWindow, ...]:
    """The quiet hours of a place that a watch in chat made: those of its person, else of the place itself."""
    persons, places = granted(grants, place.chat, place.person or "", place.address)
    return next((grant.quiet for grant in (*persons, *places) if grant.quiet), ())


_PART_OF_PLACE = "topic"
"""Part of an address that only narrows it: whoever may read a group reads all of its topics."""


def place_id(address: Mapping[str, Any]) -> str:
    """An address in one word: the values of its members, in the order of their names: `C0123`, `-100123:7`."""
    return ":".join(str(address[name]) for name in sorted(address))


def destination_name(chat: str, address: Mapping[str, Any]) -> str:
    """What a place of a chat is called where the config has no name for it: `slack:C0123`, `telegram:1001`."""
    return f"{chat}:{place_id(address)}"


def hash_of(code: str) -> str:
    """What is kept of an invite's code."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
