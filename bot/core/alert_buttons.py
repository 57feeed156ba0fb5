"""The buttons under an alert, and what a press asks.

Nothing is written for them: a key names the notification, which knows its order, and one of the presses below. So keys
are good as long as the notification is kept, also after a restart, and give no right: a press is asked like a question.
"""

from dataclasses import dataclass

from bot.core.commands import entry_of, written
from bot.core.exceptions import EXCEPTIONS
from bot.core.words import ENGLISH, Words, phrase
from bot.model.access import Role
from bot.model.command import Button, Verb
from bot.model.outbox import NewNotification


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button: the notification it stands under, by key, and what it asks of that one's order."""

    notification: str
    verb: Verb
    more: tuple[str, ...]

    def asks(self, told: NewNotification | None) -> str | None:
        """The question; None where the notification is not known any more, or about no order."""
        if told is None or told.only_order is None or told.source is None:
            return None
        return written(self.verb, told.only_order, told.source, *self.more)


def alert_buttons(told: NewNotification, role: Role | None, words: Words = ENGLISH) -> tuple[Button, ...]:
    """Few buttons for readers with that role (None: nobody may ask); none under news about no order, or several."""
    if told.only_order is None or role is None:
        return ()
    waits = not EXCEPTIONS.isdisjoint(told.kinds)
    return tuple(
        Button(label=words(label), key=f"{_MARK}:{told.key}:{name}")
        for name, (label, verb, _) in _PRESSES.items()
        if role.rank >= entry_of(verb).role.rank and (waits or verb not in _CARE)
    )


def pressed(key: str) -> Press | None:
    """What the key of an alert's button says; None for any other key."""
    mark, _, rest = key.partition(":")
    notification, _, name = rest.rpartition(":")
    if mark != _MARK or name not in _PRESSES:
        return None
    _, verb, more = _PRESSES[name]
    return Press(notification, verb, more)


_MARK = "o"
_CARE = (Verb.ACK, Verb.ASSIGN)
"""Only where something waits for somebody."""
_PRESSES: dict[str, tuple[str, Verb, tuple[str, ...]]] = {
    "ack": (phrase("Acknowledge"), Verb.ACK, ()),
    "me": (phrase("Assign to me"), Verb.ASSIGN, ("me",)),
    "check": (phrase("Check now"), Verb.CHECK, ()),
    "history": (phrase("History"), Verb.HISTORY, ()),
    "1h": (phrase("Mute 1 h"), Verb.MUTE, ("1h",)),
    "1d": (phrase("Mute 1 d"), Verb.MUTE, ("1d",)),
    "change": (phrase("Mute until it changes"), Verb.MUTE, ("until", "change")),
}
