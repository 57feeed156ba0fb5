"""Personal data in what sources answer: names, addresses, numbers to call and free text. No change needs them.

They are taken out of a payload before it is kept as proof, unless the operator wants them (`personal_data: keep`).
Everything else stays, so that the kept payload still reads as the same order.
"""

import json
import re
from functools import lru_cache
from typing import Any

from bot.model.poll import Payload

REMOVED = "***"

_PERSONAL = re.compile(
    r"""orderedby
    | (customer|buyer|recipient|consignee|receiver|contact|purchaser)(person)?(name|number|id)? (?<!purchaserid)
    | .*(email|phone|mobile|faxnumber).* | .*address(?!id$|type$).* | .*(firstname|lastname|fullname|surname|birth).*
    | (buyer|seller|customer|internal|delivery|order|gift)?(notes?|message|remarks?|comments?|instructions?)
    | (ship|sold|bill|deliver)to(name|party|contact)?
    | street.* | city | town | postcode | .*postalcode | zip(code)?""",
    re.VERBOSE,
)
"""Whole names of members, lower case without `-`, `_` and blanks: the fields in StateSet's documentation of an order,
and their like elsewhere."""
_SEPARATORS = str.maketrans("", "", "-_ ")
_JSV_MEMBER = re.compile(r"""(?<=[{,\s])([A-Za-z][\w-]*)(\s*:\s*)("(?:[^"]|"")*"|[^"{}\[\],\r\n]+)""")


def without_personal_data(payload: Payload) -> Payload:
    """The payload with REMOVED for every personal value; the very same one if there is none.

    What is nested too deep to be looked through is removed as a whole.
    """
    try:
        answer = json.loads(payload.body, parse_float=str, parse_constant=lambda _: None)
    except ValueError:
        return _without_in_jsv(payload)
    except RecursionError:
        return Payload(REMOVED.encode(), payload.media_type)
    found: list[str] = []
    try:
        cleaned = _cleaned(answer, found)
        if not found:
            return payload
        kept = json.dumps(cleaned, ensure_ascii=False)
    except RecursionError:
        kept = REMOVED
    return Payload(kept.encode("utf-8", "replace"), payload.media_type)


def _without_in_jsv(payload: Payload) -> Payload:
    def clean(member: re.Match[str]) -> str:
        name, colon, value = member.groups()
        return f"{name}{colon}{REMOVED}" if _is_personal(name) and value.strip() else member[0]

    text = payload.body.decode("utf-8", "replace")
    cleaned = _JSV_MEMBER.sub(clean, text)
    return payload if cleaned == text else Payload(cleaned.encode(), payload.media_type)


def _cleaned(value: Any, found: list[str]) -> Any:
    if isinstance(value, list):
        return [_cleaned(each, found) for each in value]
    if not isinstance(value, dict):
        return value
    cleaned = {}
    for name, each in value.items():
        if _is_personal(name) and each not in (None, "", [], {}) and not isinstance(each, bool):
            found.append(name)
            cleaned[name] = REMOVED
        else:
            cleaned[name] = _cleaned(each, found)
    return cleaned


@lru_cache(1024)
def _is_personal(name: str) -> bool:
    return _PERSONAL.fullmatch(name.translate(_SEPARATORS).lower()) is not None
