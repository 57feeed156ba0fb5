"""Ranges of amounts as people write them: `>= 1000`, `> 99.50 EUR`, `>= 100, < 5000`."""

import re
from decimal import Decimal
from typing import Any

from bot.model.frozen import Frozen

_BOUND = re.compile(r"(>=|<=|>|<|=)\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]{3})?")


class AmountRange(Frozen):
    """Amounts from `low` to `high`, in any currency or in one."""

    low: Decimal | None = None
    is_above: bool = False
    """Whether `low` itself is out."""
    high: Decimal | None = None
    is_below: bool = False
    """Whether `high` itself is out."""
    currency: str | None = None
    """Upper case; None: any, without conversion."""

    @property
    def is_empty(self) -> bool:
        """Whether no amount lies in it."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.is_above or self.is_below))

    def holds(self, amount: Decimal, currency: str | None) -> bool:
        """Whether an amount lies in it."""
        if self.currency is not None and (currency or "").upper() != self.currency:
            return False
        if self.low is not None and (amount < self.low or (self.is_above and amount == self.low)):
            return False
        return self.high is None or amount < self.high or (not self.is_below and amount == self.high)

    def covers(self, other: "AmountRange") -> bool:
        """Whether every amount of the other lies in this one too."""
        if self.currency not in (None, other.currency):
            return False
        low_in = self.low is None or (
            other.low is not None
            and (self.low < other.low or (self.low == other.low and (other.is_above or not self.is_above)))
        )
        high_in = self.high is None or (
            other.high is not None
            and (self.high > other.high or (self.high == other.high and (other.is_below or not self.is_below)))
        )
        return low_in and high_in

    def __str__(self) -> str:
        bounds = []
        if self.low is not None:
            bounds.append(f"{'>' if self.is_above else '>='} {self.low:f}")
        if self.high is not None:
            bounds.append(f"{'<' if self.is_below else '<='} {self.high:f}")
        return " ".join(filter(None, (", ".join(bounds), self.currency)))


def parse_amounts(written: Any) -> Any:
    """An AmountRange of `>= 1000`, `> 99.50 EUR`, `>= 100, < 5000`, or of `{min: 100, max: 5000, currency: EUR}`.

    `min` and `max` belong to it. Raises ValueError for anything else.
    """
    if isinstance(written, AmountRange):
        return written
    found = _of_keys(written) if isinstance(written, dict) else _of_text(str(written))
    if found is None:
        raise ValueError(
            f"{written!r} is no range: write it as `>= 1000`, `>= 100, < 5000 EUR` or {{min: 100, max: 5000}}"
        )
    if found.is_empty:
        raise ValueError(f"no amount is {str(found).replace(',', ' and')}")
    return found


def _of_text(written: str) -> AmountRange | None:
    members: dict[str, Any] = {}
    for part in written.split(","):
        bound = _BOUND.fullmatch(part.strip())
        if bound is None:
            return None
        if bound[3] and members.setdefault("currency", bound[3].upper()) != bound[3].upper():
            return None
        for name, is_open in (("low", "is_above"), ("high", "is_below")):
            if bound[1][0] in (">=" if name == "low" else "<="):
                if name in members:
                    return None
                members |= {name: Decimal(bound[2]), is_open: bound[1] in "<>"}
    return AmountRange(**members)


def _of_keys(written: dict[str, Any]) -> AmountRange | None:
    if not written or written.keys() - {"min", "max", "currency"} or not written.keys() & {"min", "max"}:
        return None
    numbers = {}
    for name, key in (("low", "min"), ("high", "max")):
        if key in written:
            number = re.fullmatch(r"-?\d+(\.\d+)?", str(written[key]).strip())
            if number is None:
                return None
            numbers[name] = Decimal(number[0])
    currency = written.get("currency")
    if currency is not None and not re.fullmatch("[A-Za-z]{3}", str(currency)):
        return None
    return AmountRange(currency=str(currency).upper() if currency else None, **numbers)
