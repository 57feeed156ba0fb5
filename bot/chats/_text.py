"""What every chat writes alike: outside text made harmless for the eye, moments in words, and what counts as a link."""

import re
from datetime import tzinfo
from urllib.parse import urlsplit

from bot.languages import words_of
from bot.model.message import Line, Link, Message, Span, Text, When
from bot.model.moment import day_of, instant_of

BULLET = "    • "
"""Stands before a line with indent, where the chat has no lists of its own."""

_TERMINAL_CODE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
"""Overrides and isolates of writing direction, with which text can pretend to say something else.

Letters of right-to-left scripts need none of them and stay."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Halves of characters: no platform takes them, because UTF-8 cannot write them."""

_LONGEST_ADDRESS = 2000
"""Characters. Browsers and proxies begin to refuse about there, and no carrier's tracking page comes near."""


def clean(text: str) -> str:
    """Text without terminal codes, control characters, line breaks and direction overrides; breaks become blanks."""
    text = _DIRECTION.sub("", _TERMINAL_CODE.sub("", text))
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))


def is_web_address(url: str) -> bool:
    """Whether a URL may become a link: http or https, a host, no blanks, no user name to pose as a host."""
    if len(url) > _LONGEST_ADDRESS or any(char.isspace() or not char.isprintable() for char in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def tidy(message: Message) -> Message:
    """The message with every span clean and every link one that may be a link; never without words."""
    headline = _tidy_line(message.headline, message.language).model_copy(update={"indent": 0})
    body = tuple(_tidy_line(line, message.language) for line in message.body)
    footer = _tidy_line(message.footer, message.language).model_copy(update={"indent": 0}) if message.footer else None
    if not headline.spans:
        headline = Line(spans=(Text(text="(no headline)"),))
    return message.model_copy(
        update={
            "emoji": clean(message.emoji).strip(),
            "headline": headline,
            "body": body,
            "footer": footer if footer and footer.spans else None,
        }
    )


def called(person: str) -> str:
    """How somebody who is called is written where there is no markup: `@U0123456789`, `@alice`."""
    return f"@{person.removeprefix('@')}"


def in_words(when: When, zone: tzinfo) -> str:
    """`Tue 24 Nov 2026`, and for an instant `Tue 24 Nov 2026, 14:30 CET` as clocks in `zone` show it; in the language
    of the message.
    """
    day = words_of(when.language).date(day_of(when.at, zone))
    instant = instant_of(when.at)
    if instant is None:
        return day
    local = instant.astimezone(zone)
    return f"{day}, {local:%H:%M} {local.tzname()}"


def plain(span: Span, zone: tzinfo) -> str:
    """A span without markup; a link is `text (url)`."""
    if isinstance(span, When):
        return in_words(span, zone)
    if isinstance(span, Link):
        return span.url if span.text == span.url else f"{span.text} ({span.url})"
    return span.text


def plain_line(line: Line, zone: tzinfo) -> str:
    """A line without markup."""
    return (BULLET if line.indent else "") + "".join(plain(span, zone) for span in line.spans)


def _tidy_line(line: Line, language: str) -> Line:
    spans = tuple(_tidy_span(span, language) for span in line.spans)
    spans = tuple(span for span in spans if not isinstance(span, Text) or span.text)
    if not any(not isinstance(span, Text) or span.text.strip() for span in spans):
        spans = ()
    return Line(spans=spans, indent=1 if line.indent and spans else 0)


def _tidy_span(span: Span, language: str) -> Span:
    if isinstance(span, When):
        return span if span.language == language else span.model_copy(update={"language": language})
    text = clean(span.text)
    if isinstance(span, Text):
        return span.model_copy(update={"text": text})
    if is_web_address(span.url):
        return Link(text=text if text.strip() else span.url, url=span.url)
    address = clean(span.url).strip()
    if not address or address == text.strip():
        return Text(text=text)
    return Text(text=f"{text} ({address})" if text.strip() else address)
