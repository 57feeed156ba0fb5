"""Reading JSON whose names and shapes are not certain: aliases, one-or-many, text-or-number, dates of every habit.

Nothing here raises on odd content: what cannot be read is None. Only `read_json` judges.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from bot.errors import AnswerUnreadable
from bot.http_client import excerpt
from bot.model.moment import Moment, from_day, from_instant

_SEPARATORS = str.maketrans("", "", "-_ ")
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_COMPACT_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")
_NONE_WORDS = frozenset({"", "null", "none", "n/a", "na", "-"})


def read_json(body: bytes, *, source: str, asked: str) -> Any:
    """Parse JSON without ever making a float. Raises AnswerUnreadable that says what came instead."""
    try:
        answer = json.loads(body.decode("utf-8-sig"), parse_float=str, parse_constant=lambda _: None)
        return _whole_characters(answer) if b"\\ud" in body.lower() else answer
    except UnicodeDecodeError:
        raise AnswerUnreadable(source, asked, "came bytes that are not UTF-8 text") from None
    except RecursionError:
        raise AnswerUnreadable(source, asked, "came JSON nested too deep") from None
    except ValueError:
        if not body.strip():
            raise AnswerUnreadable(source, asked, "came an empty body") from None
        raise AnswerUnreadable(source, asked, f"came no JSON but: {excerpt(body)}") from None


def _whole_characters(answer: Any) -> Any:
    """The same with each half of a surrogate pair that stands alone replaced: it is no text and cannot be stored."""
    written = json.dumps(answer, ensure_ascii=False)
    return json.loads(written.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """A member name for comparison: lower case, without `-`, `_` and blanks."""
    return name.translate(_SEPARATORS).lower()


def pick(data: Any, *aliases: str) -> Any:
    """The first member of a mapping, by alias in turn, that is neither null nor empty text; None if there is none.

    Names match ignoring case, `-` and `_`. An alias with a dot goes one level down: `orderStatus.code`.
    """
    if not isinstance(data, Mapping):
        return None
    folded = {fold(str(name)): value for name, value in data.items()}
    for alias in aliases:
        head, _, rest = alias.partition(".")
        value = folded.get(fold(head))
        if rest:
            value = pick(value, rest)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            return value
    return None


def many(value: Any) -> list[Any]:
    """A list where a list, one object or nothing may stand; empty slots dropped."""
    if value is None:
        return []
    if isinstance(value, list):
        return [item for item in value if item is not None]
    return [value]


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects among `many`."""
    return [item for item in many(value) if isinstance(item, Mapping)]


def text(value: Any) -> str | None:
    """Text of text, a number or a truth value, trimmed; None for null, empty, or anything structured."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return str(value).strip() or None
    return None


def decimal(value: Any) -> str | None:
    """A number in its shortest decimal text: `2`, `29.99`. None if it is no number."""
    written = text(value)
    if written is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(
            written.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", written) else written
        )
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return None
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def flag(value: Any) -> bool | None:
    """A truth value of true/false, `True`, `1`, `yes` in any case; None if it is none of these."""
    word = (text(value) or "").lower()
    if word in ("true", "1", "yes", "y"):
        return True
    return False if word in ("false", "0", "no", "n") else None


def moment(value: Any, zone: tzinfo) -> Moment | None:
    """A Moment of an ISO date or time in any common habit, `20260315`, or Unix seconds or milliseconds.

    A time without an offset is read in `zone`. Years 1 and 9999 and SAP's zeros mean no date.
    """
    written = text(value)
    if written is None or written.lower() in _NONE_WORDS or not written.strip("0-:.TZ /"):
        return None
    if _DAY.fullmatch(written):
        return _day(written)
    if re.fullmatch(r"\d{10}(\d{3})?(\.\d+)?", written):
        seconds = float(written)
        return from_instant(datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC))
    try:
        instant = datetime.fromisoformat(_COMPACT_OFFSET.sub(r"\1:\2", written))
    except ValueError:
        return None
    return moment_of(instant, zone)


def moment_of(instant: datetime, zone: tzinfo) -> Moment | None:
    """A Moment of a datetime, read in `zone` if it is naive; None where its year means not set."""
    if not is_set(instant.year):
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    return from_instant(instant)


def is_set(year: int) -> bool:
    """Whether a date of that year is one: programs fill in year 1 (.NET) and the last day of 9999 (SAP) for none."""
    return 1 < year < 9999


def _day(written: str) -> Moment | None:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return from_day(day) if is_set(day.year) else None


def asked_fields(data: Any, paths: Iterable[str]) -> dict[str, str]:
    """The fields an operator asked to follow, as canonical text by dotted path; empty text where there is none."""
    found: dict[str, str] = {}
    for path in paths:
        value = data
        for step in path.split("."):
            value = pick(value, step)
        if value is None:
            found[path] = ""
        else:
            found[path] = text(value) or json.dumps(value, sort_keys=True, ensure_ascii=False)
    return found


def package_key(tracking_number: str) -> str:
    """A tracking number for comparison: upper case, without blanks, dots and dashes."""
    return re.sub(r"[\s.\-]+", "", tracking_number).upper()


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_milliseconds(value: int) -> datetime:
    """An instant of Unix milliseconds; works back to year 1, where platform timestamps do not."""
    return EPOCH + timedelta(milliseconds=value)
