"""Keeping secrets out of errors, also where a server repeats them to us."""

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from yarl import URL

from bot.errors import SourceError

_SHORTEST_GIVEAWAY = 4
"""Characters. The beginning of a secret, cut off by the end of an excerpt, is hidden from this length on."""


class hiding:  # noqa: N801  read as a word: `with hiding(secrets):`
    """Every SourceError that leaves the block leaves it without the secrets that are among these by then."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = secrets

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SourceError):
            secrets = list(self._secrets)
            raise type(error)(
                error.source, hide(error.asked, secrets), hide(error.came, secrets), retry_after=error.retry_after
            ) from None


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` for each secret: plain, and as URLs, HTML and JSON write it."""
    for secret in secrets:
        for form in _forms(secret):
            text = re.sub(re.escape(form), "***", text, flags=re.IGNORECASE)  # %2F is also written %2f
            text = _without_cut_end(text, form)
    return text


def _forms(secret: str) -> list[str]:
    forms = {
        secret,
        secret.replace(" ", "+"),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        html.escape(secret),
    }
    forms.add(URL.build(path="/", query={"": secret}).raw_query_string[1:])
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return sorted((form for form in forms if form), key=len, reverse=True)


def _without_cut_end(text: str, secret: str) -> str:
    if "…" not in text:
        return text
    for length in range(len(secret) - 1, _SHORTEST_GIVEAWAY - 1, -1):
        text = text.replace(secret[:length] + "…", "***…")
    return text
