"""The words of a question: quoted ones stay together, and what cannot be seen is gone."""

import re
import unicodedata
from collections.abc import Collection, Sequence

_SHOWN = 40
_TOKEN = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]|(\S+)')


class Misunderstood(Exception):
    """What is wrong with the arguments of a verb, in words for who wrote them."""


class Words:
    """Words that are taken from either end as they are understood."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)

    @classmethod
    def of(cls, text: str, more: "Words | None" = None) -> "Words":
        """The words of a line, and those of another after them."""
        found = [quoted or plain for quoted, plain in _TOKEN.findall(text)]
        texts = [stripped for each in found if (stripped := " ".join(each.split()))]
        return cls([*texts, *(more.texts if more else ())])

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.texts)

    @property
    def first(self) -> str:
        """The first one; there must be one."""
        return self.texts[0]

    @property
    def last(self) -> str:
        """The last one; there must be one."""
        return self.texts[-1]

    def rest(self) -> "Words":
        """All but the first."""
        return Words(self.texts[1:])

    def without(self, words: Collection[str]) -> "Words":
        """All but those."""
        return Words([text for text in self.texts if text.lower() not in words])

    def take(self) -> str:
        """The first one, taken out; there must be one."""
        return self.texts.pop(0)

    def drop_first(self, word: str) -> bool:
        """Take the first one out if it is that word. Returns whether it was."""
        is_it = bool(self.texts) and self.first.lower() == word
        if is_it:
            self.texts.pop(0)
        return is_it

    def drop_last(self, word: str) -> bool:
        """Take the last one out if it is that word. Returns whether it was."""
        is_it = bool(self.texts) and self.last.lower() == word.lower()
        if is_it:
            self.texts.pop()
        return is_it

    def drop_last_pair(self, word: str) -> str | None:
        """Take `word X` off the end. Returns X, or None where the end is something else."""
        if len(self.texts) < 2 or self.texts[-2].lower() != word:
            return None
        value = self.texts.pop()
        self.texts.pop()
        return value

    def split_at(self, word: str) -> tuple["Words", "Words | None"]:
        """What stands before the word and what after it; None where it does not stand there."""
        lowered = [text.lower() for text in self.texts]
        if word not in lowered:
            return Words(self.texts), None
        place = lowered.index(word)
        return Words(self.texts[:place]), Words(self.texts[place + 1 :])


def without_control(text: str) -> str:
    """Text with a blank for everything that cannot be seen or steers how the rest is shown."""
    return "".join(" " if unicodedata.category(char) in _UNSEEN else char for char in text)


def in_quotes(text: str) -> str:
    """A name as it can be written in a question or a command: in quotes where it has blanks."""
    return f'"{text}"' if " " in text else text


def shortened(text: str) -> str:
    """The beginning of what somebody wrote, to be said back to them."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, formats (writing directions among them), halves of characters, and what no one has defined."""
