"""How a message looks in Telegram: its HTML, in which nothing from outside is markup, and the same in plain text."""

import html
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from telegram.constants import ParseMode

from bot.chats._pages import Measure, Page, pages
from bot.chats._text import BULLET, called, plain
from bot.model.message import Link, Message, Span, Text
from bot.model.sending import Part

_ROOM = 4000
"""A message holds 4096 characters after its markup is parsed (Bot API: sendMessage)."""
_SPAN = 40
"""Formatting beyond the hundredth entity of a message is dropped (Bot API: limits); a hundred of these fill a part.
Words in no tag are none."""

_TAGS = {"plain": "", "strong": "b", "code": "code", "struck": "s"}
_SEAM = re.compile(r"</(b|i|s|code)><\1>")
"""Where spans that look alike meet. Ours by all means: `<` from outside is escaped."""

_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=\w|$)")
"""Also at the end of a span, since the name may be the next one. An address such as joe@example.com calls nobody."""
_OTHER_SCHEME = re.compile(r"(?i)\b(?!https?:)([a-z][a-z0-9+.-]*:)(?=//)")
_WORD_JOINER = "\u2060"
"""Has no width and breaks no line. Telegram finds @names and addresses in plain words by itself, and an @name calls
the person; with this inside it finds nothing."""


_NAME = re.compile("@[A-Za-z][A-Za-z0-9_]{3,31}")
_NUMBER = re.compile("[1-9][0-9]{2,15}")


def can_call(person: str) -> bool:
    """Whether that is the number or the @username of a person."""
    return bool(_NAME.fullmatch(person) or _NUMBER.fullmatch(person))


def parts(message: Message, zone: ZoneInfo, *, repeated: bool = False) -> list[Part]:
    """`rich` holds the `text` and `parse_mode` of sendMessage, and `disable_notification` where it makes no sound."""
    callable_ = tuple(filter(can_call, message.mentions))  # the place may have been in another chat before
    said = message.model_copy(update={"mentions": callable_})
    sound = {"disable_notification": True} if message.is_silent else {}
    return [
        Part(
            plain=page.plain(zone, escaped=disarmed),
            rich={"text": _html(page, zone), "parse_mode": ParseMode.HTML, **sound},
        )
        for page in pages(said, _MEASURE, zone, repeated=repeated)
    ]


def _size(text: str) -> int:
    """UTF-16 units, the larger of the two ways Telegram is said to count, with room for what disarms it."""
    joiners = text.count("@") + text.count(":")
    return len(text.encode("utf-16-le")) // 2 + joiners


_MEASURE = Measure(room=_ROOM, text=_size, span=_SPAN, bare_is_free=True)


def _html(page: Page, zone: ZoneInfo) -> str:
    """The last line in italics. Tags never contain each other, so none can close another."""
    emoji = (Text(text=f"{page.emoji} "),) if page.emoji else ()
    lines = [_tagged((*emoji, *page.headline.spans), zone, base="b" if page.is_all_bold else "")]
    lines[0] += "".join(f" {_call(person)}" for person in page.mentions)
    lines += [(BULLET if line.indent else "") + _tagged(line.spans, zone) for line in page.body]
    if page.footer:
        lines.append(_tagged(page.footer.spans, zone, base="i"))
    return "\n".join(lines)


def _call(person: str) -> str:
    """A name calls by itself; a number does as a link, to members of the group and to whoever has met the bot."""
    return person if person.startswith("@") else f'<a href="tg://user?id={person}">{called(person)}</a>'


def _tagged(spans: Sequence[Span], zone: ZoneInfo, base: str = "") -> str:
    """Each span in its own tag, else in that of its line."""
    written = "".join(_tagged_span(span, zone, base) for span in spans)
    return _SEAM.sub("", written)


def _tagged_span(span: Span, zone: ZoneInfo, base: str) -> str:
    if isinstance(span, Link):
        return f'<a href="{html.escape(span.url)}">{_escaped(span.text)}</a>'
    tag = _TAGS[span.style] or base
    text = _escaped(plain(span, zone))
    return f"<{tag}>{text}</{tag}>" if tag else text


def _escaped(text: str) -> str:
    return html.escape(disarmed(text))


def disarmed(text: str) -> str:
    """The text with a word joiner in whatever Telegram would make a mention or a link that is not to the web."""
    return _OTHER_SCHEME.sub(rf"\1{_WORD_JOINER}", _MENTION.sub(f"@{_WORD_JOINER}", text))
