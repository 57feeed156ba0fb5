"""How a message looks in Slack: rich text, with a small grey last line, and the same in plain text.

Words from outside only ever stand in rich-text and plain_text objects. Slack reads no markup there, so nothing has to
be escaped and nothing can break out: `*`, backticks, `<!channel>`, `:tada:` and a bare address stay what they are. A
section of mrkdwn would need escaping for `& < >`, and still let `*` and `_` restyle the rest of a line. The one mrkdwn
object left holds a date that we made ourselves. Who is called is an element of its own, from the config alone.
"""

import re
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from bot.chats._pages import Measure, Page
from bot.chats._text import in_words, plain
from bot.languages import words_of
from bot.model.message import Line, Link, Span, Text, When
from bot.model.moment import instant_of

_ROOM = 12_000
"""A message of blocks is refused somewhere above 12,000 characters (slackapi/bolt-js issues 2509 and 2867), and it is
not published what is counted, so the JSON of the blocks is kept below that."""
_TEXT_SHARE = 3
"""Every character counts three times, because `text` beside the blocks, which is escaped, has a third of their room:
4,000 characters (chat.postMessage)."""
_SPAN_OVERHEAD = 60
"""Characters of JSON around a span."""


_STYLES: dict[str, dict[str, bool]] = {
    "plain": {},
    "strong": {"bold": True},
    "code": {"code": True},
    "struck": {"strike": True},
}


_USER = re.compile("[UW][A-Z0-9]{2,20}")
_GROUP = re.compile("S[A-Z0-9]{2,20}")


def escape(text: str) -> str:
    """Text for a `text` argument: with these three escaped nothing in it is a mention, a date or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def can_call(person: str) -> bool:
    """Whether that is the id of a user or of a user group."""
    return bool(_USER.fullmatch(person) or _GROUP.fullmatch(person))


def text_of(page: Page, zone: tzinfo) -> str:
    """The `text` argument that says a page, for notifications and where blocks are refused."""
    return page.plain(
        zone, escaped=escape, call=lambda one: f"<@{one}>" if _USER.fullmatch(one) else f"<!subteam^{one}>"
    )


MEASURE = Measure(room=_ROOM, text=lambda text: _TEXT_SHARE * len(escape(text)), span=_SPAN_OVERHEAD)


def blocks(page: Page, zone: tzinfo) -> list[dict[str, Any]]:
    """The first line on its own, the body below it, the last line small and grey."""
    emoji = [Text(text=page.emoji + " ")] if page.emoji else []
    first = [_element(span, zone, bold=page.is_all_bold) for span in (*emoji, *page.headline.spans)]
    first += [element for person in page.mentions for element in _call(person)]
    result = [_rich_text([_section(first)])]
    if page.body:
        result.append(_rich_text(_runs(page.body, zone)))
    if page.footer:
        result.append({"type": "context", "elements": _context(page.footer, zone)})
    return result


def _call(person: str) -> list[dict[str, Any]]:
    kind = "user" if _USER.fullmatch(person) else "usergroup"
    return [{"type": "text", "text": " "}, {"type": kind, f"{kind}_id": person}]


def _rich_text(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": elements}


def _section(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": elements}


def _runs(lines: Sequence[Line], zone: tzinfo) -> list[dict[str, Any]]:
    """Plain lines that follow each other as one section, indented ones as one bulleted list."""
    runs: list[dict[str, Any]] = []
    previous: int | None = None
    for line in lines:
        elements = [_element(span, zone) for span in line.spans]
        if line.indent:
            if previous != 1:
                runs.append({"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": []})
            runs[-1]["elements"].append(_section(elements))
        elif previous == 0:
            runs[-1]["elements"] += [{"type": "text", "text": "\n"}, *elements]
        else:
            runs.append(_section(elements or [{"type": "text", "text": " "}]))
        previous = line.indent
    return runs


def _element(span: Span, zone: tzinfo, *, bold: bool = False) -> dict[str, Any]:
    element: dict[str, Any]
    style = dict(_STYLES["plain" if isinstance(span, Link) else span.style])
    if isinstance(span, Link):
        element = {"type": "link", "url": span.url, "text": span.text}
    elif isinstance(span, When) and (instant := instant_of(span.at)):
        element = {
            "type": "date",
            "timestamp": int(instant.timestamp()),
            "format": _date_format(span),
            "fallback": in_words(span, zone),
        }
    else:
        element = {"type": "text", "text": plain(span, zone)}
    if bold:
        style["bold"] = True
    if style:
        element["style"] = style
    return element


def _date_format(when: When) -> str:
    """`today at 14:30` or `Nov 24, 2026 at 14:30`, in each reader's own zone and language but for the word between."""
    words = words_of(when.language)
    return words("{day} at {time}", day="{date_short_pretty}", time="{time}")


def _context(line: Line, zone: tzinfo) -> list[dict[str, Any]]:
    """Words as plain_text, moments as dates; all in one plain_text if there are more than the ten Slack allows."""
    elements: list[dict[str, Any]] = []
    words = ""
    for span in line.spans:
        instant = instant_of(span.at) if isinstance(span, When) else None
        if not isinstance(span, When) or instant is None:
            words += plain(span, zone)
            continue
        if words.strip():
            elements.append(_words(words))
        words = ""
        date = f"<!date^{int(instant.timestamp())}^{_date_format(span)}|{escape(plain(span, zone))}>"
        elements.append({"type": "mrkdwn", "text": date})
    if words.strip():
        elements.append(_words(words))
    return elements if len(elements) <= 10 else [_words("".join(plain(span, zone) for span in line.spans))]


def _words(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text.strip(), "emoji": False}
