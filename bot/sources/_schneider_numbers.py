"""How order numbers are written: one way in our keys, and as the account does in requests.

Schneider's orders live in an ERP whose order numbers have ten digits, zeros in front; people, paper and some answers
leave those zeros out. Whether the API finds an order without them is not published, so it is tried and remembered.
"""

_DIGITS = 10


def canonical(number: str) -> str:
    """`0045001234` of `45001234` and `0045001234`: one key for one order. What is no plain number stays as it is."""
    number = number.strip()
    return number.lstrip("0").zfill(_DIGITS) if number.isascii() and number.isdigit() else number


class Spelling:
    """Learns from what the account shows whether it writes the zeros in front."""

    def __init__(self) -> None:
        self._has_zeros: bool | None = None

    def note(self, number: str) -> None:
        """An order goes by this number at the account, or was found by it."""
        if number.isascii() and number.isdigit() and canonical(number).startswith("0"):
            self._has_zeros = number.startswith("0")

    def of(self, number: str) -> tuple[str, ...]:
        """How to ask for an order, best first; only one way where that is known, or there is no other."""
        bare = number.lstrip("0")
        if not bare or bare == number or canonical(bare) != number:
            return (number,)
        both = (number, bare)
        return both if self._has_zeros is None else (both[0 if self._has_zeros else 1],)
