"""How Slack reads a message: what it refuses, what a person sees, and whom it calls."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

_MOST_BLOCKS = 50
_MOST_IN_SUM = 13_200
_TOKEN = re.compile(r"<([^<>]+)>")
_INLINE = {"text", "link", "date", "emoji", "user", "usergroup", "broadcast", "channel", "team", "color"}
_CONTAINERS = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}


def problems(blocks: list[Any]) -> list[str]:
    """What invalid_blocks would list: a sentence and a JSON pointer each; empty if the blocks are taken."""
    if len(blocks) > _MOST_BLOCKS:
        return [f"[ERROR] no more than {_MOST_BLOCKS} items allowed [json-pointer:/blocks]"]
    return [f"[ERROR] {what} [json-pointer:{where}]" for where, what in _block_problems(blocks)]


def is_too_long(blocks: list[Any]) -> bool:
    """Whether all blocks together exceed what Slack takes; counted as JSON, the strictest reading."""
    return len(json.dumps(blocks, ensure_ascii=False)) > _MOST_IN_SUM


def readable(blocks: list[Any]) -> str:
    """The blocks as a person reads them."""
    return "\n".join(line for block in blocks for line in _block_lines(block)).strip("\n")


def readable_text(text: str) -> str:
    """A `text` argument as a person reads it: tokens resolved, entities decoded."""
    return html.unescape(_TOKEN.sub(lambda token: _resolved(token[1]), text))


def callers(text: str, blocks: list[Any]) -> list[str]:
    """Everything in a message that would call people."""
    found = [token for token in _TOKEN.findall(text) if token[:1] in "@!" and not token.startswith("!date^")]
    for node in _nodes(blocks):
        if node.get("type") in ("user", "usergroup", "broadcast"):
            found.append(json.dumps(node))
        if node.get("type") == "mrkdwn":
            found += callers(str(node.get("text")), [])
    return found


def buttons_of(blocks: list[Any]) -> dict[str, str]:
    """Label to value of every button."""
    found = [node for node in _nodes(blocks) if node.get("type") == "button"]
    return {str(button["text"]["text"]): str(button.get("value")) for button in found}


def stray_brackets(text: str, blocks: list[Any]) -> list[str]:
    """Pieces of mrkdwn in which `<` or `>` stands outside a token, so that something was not escaped."""
    all_mrkdwn = [text, *(str(node.get("text")) for node in _nodes(blocks) if node.get("type") == "mrkdwn")]
    return [written for written in all_mrkdwn if re.search("[<>]", _TOKEN.sub("", written))]


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _nodes(member)
    elif isinstance(value, list):
        for member in value:
            yield from _nodes(member)


def _block_problems(blocks: list[Any]) -> Iterator[tuple[str, str]]:
    for index, block in enumerate(blocks):
        here = f"/blocks/{index}"
        match block:
            case {"type": "rich_text", "elements": [*elements]}:
                yield from _rich_text_problems(elements, here)
            case {"type": "context", "elements": [*elements]}:
                if not 1 <= len(elements) <= 10:
                    yield f"{here}/elements", "must hold 1 to 10 items"
                for number, element in enumerate(elements):
                    yield from _text_object_problems(element, f"{here}/elements/{number}", 3000)
            case {"type": "section", "text": text}:
                yield from _text_object_problems(text, f"{here}/text", 3000)
            case {"type": "header", "text": text}:
                yield from _text_object_problems(text, f"{here}/text", 150)
            case {"type": "actions", "elements": [*elements]}:
                yield from _actions_problems(elements, f"{here}/elements")
            case {"type": "divider"}:
                pass
            case _:
                yield here, "unsupported block"


def _actions_problems(elements: list[Any], here: str) -> Iterator[tuple[str, str]]:
    if not 1 <= len(elements) <= 25:
        yield here, "must hold 1 to 25 items"
    if len({element.get("action_id") for element in elements}) < len(elements):
        yield here, "`action_id` must be unique"
    for number, element in enumerate(elements):
        match element:
            case {"type": "button", "text": {"type": "plain_text", "text": str(label)}, "value": str(value)}:
                if not 1 <= len(label) <= 75 or len(value) > 2000:
                    yield f"{here}/{number}", "must be less than 76 characters"
            case _:
                yield f"{here}/{number}", "unsupported element"


def _rich_text_problems(elements: list[Any], here: str) -> Iterator[tuple[str, str]]:
    if not elements:
        yield f"{here}/elements", "must not be empty"
    for number, element in enumerate(elements):
        place = f"{here}/elements/{number}"
        kind = element.get("type") if isinstance(element, dict) else None
        inner = element.get("elements") if isinstance(element, dict) else None
        if kind not in _CONTAINERS or not isinstance(inner, list):
            yield place, "unsupported rich text element"
        elif kind == "rich_text_list":
            if element.get("style") not in ("bullet", "ordered"):
                yield f"{place}/style", "must be bullet or ordered"
            yield from _rich_text_problems(inner, place)
        else:
            for position, part in enumerate(inner):
                yield from _inline_problems(part, f"{place}/elements/{position}")


def _inline_problems(part: Any, here: str) -> Iterator[tuple[str, str]]:
    match part:
        case {"type": "text", "text": str(text)} if text:
            pass
        case {"type": "link", "url": str(url)} if re.match(r"https?://|mailto:", url) and len(url) <= 3000:
            pass
        case {"type": "date", "timestamp": int(), "format": str(form)} if "{" in form:
            pass
        case {"type": str(kind)} if kind in _INLINE - {"text", "link", "date"}:
            pass
        case _:
            yield here, "invalid element"


def _text_object_problems(value: Any, here: str, longest: int) -> Iterator[tuple[str, str]]:
    match value:
        case {"type": "plain_text" | "mrkdwn", "text": str(text)}:
            if not text:
                yield f"{here}/text", "must be more than 0 characters"
            if len(text) > longest:
                yield f"{here}/text", f"must be less than {longest + 1} characters"
        case _:
            yield here, "must be a text object"


def _block_lines(block: Any) -> list[str]:
    match block:
        case {"type": "rich_text", "elements": [*elements]}:
            return [line for element in elements for line in _rich_lines(element)]
        case {"type": "context", "elements": [*elements]}:
            return [" ".join(_object_text(element) for element in elements)]
        case {"type": "section" | "header", "text": text}:
            return _object_text(text).split("\n")
        case _:
            return []


def _rich_lines(element: dict[str, Any]) -> list[str]:
    if element["type"] == "rich_text_list":
        return ["• " + " ".join(_rich_lines(item)) for item in element["elements"]]
    return "".join(_inline_text(part) for part in element["elements"]).split("\n")


def _inline_text(part: dict[str, Any]) -> str:
    match part:
        case {"type": "link", "url": str(url)}:
            text = part.get("text") or url
            return str(url) if text == url else f"{text} ({url})"
        case {"type": "date"}:
            return str(part.get("fallback") or part["timestamp"])
        case {"type": "text"}:
            return str(part["text"])
        case {"type": str(kind)}:
            return f"@{part.get(f'{kind}_id') or kind}"
        case _:
            return ""


def _object_text(value: dict[str, Any]) -> str:
    text = str(value.get("text"))
    return readable_text(text) if value.get("type") == "mrkdwn" else text


def _resolved(token: str) -> str:
    target, _, label = token.partition("|")
    if target[:1] in "@#!":
        return label or f"@{target[1:].removeprefix('subteam^')}"
    return f"{label} ({target})" if label and label != target else target
