"""How requests to Schneider Electric prove who asks: OAuth2 client credentials, or an API key.

A token lasts an hour. It is asked for once for everybody, renewed a minute before it ends, and dropped when the API
does not accept it any more.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from typing import Literal, Protocol
from urllib.parse import urlsplit

from bot.errors import AnswerUnreadable, SourceRefused
from bot.gate import Lane
from bot.http_client import HttpClient
from bot.ports import Clock
from bot.sources._payload import decimal, pick, read_json, text
from bot.sources._schneider_errors import came

DEFAULT_LIFETIME = 3600.0
"""Seconds a token lasts when the answer does not say, or says 0 for unlimited: the documented hour."""
EARLY = 60.0
"""Seconds before its end at which a token is renewed; half its life where that is shorter."""


class Credentials(Protocol):
    """Something that opens the API."""

    advice: str
    """What to look at when the API refuses it."""
    is_renewable: bool
    """Whether there is another header to try after `refused`."""

    async def header(self) -> Mapping[str, str]:
        """The header to send now. Raises SourceError."""
        ...

    def refused(self, header: Mapping[str, str]) -> None:
        """Note that this header got a 401."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in an error."""
        ...


class ApiKey:
    """The same header for ever."""

    advice = "check api_key and api_key_header"
    is_renewable = False

    def __init__(self, header: str, prefix: str, key: str) -> None:
        self._header = {header: f"{prefix}{key}"}
        self._key = key

    async def header(self) -> Mapping[str, str]:
        """The key."""
        return self._header

    def refused(self, header: Mapping[str, str]) -> None:
        """There is no other key to turn to."""

    def secrets(self) -> tuple[str, ...]:
        """The key."""
        return (self._key,)


class ClientCredentials:
    """An OAuth2 token, shared by all requests (RFC 6749, section 4.4)."""

    advice = "check client_id and client_secret"
    is_renewable = True

    def __init__(
        self,
        source: str,
        client: HttpClient,
        clock: Clock,
        *,
        token_url: str,
        client_id: str,
        client_secret: str,
        scope: str | None,
        client_auth: Literal["basic", "body"],
    ) -> None:
        self._source = source
        self._client = client
        self._clock = clock
        self._url = token_url
        self._asked = f"POST {urlsplit(token_url).netloc.rpartition('@')[2]}{urlsplit(token_url).path}"
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._headers: dict[str, str] = {}
        basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
        if client_auth == "basic":
            self._headers["Authorization"] = f"Basic {basic}"
        else:
            self._form |= {"client_id": client_id, "client_secret": client_secret}
        self._secrets = (client_secret, basic)
        self._one_at_a_time = asyncio.Lock()
        self._token: str | None = None
        self._last_tokens: tuple[str, ...] = ()
        self._renew_at = 0.0

    async def header(self) -> Mapping[str, str]:
        """The token, fetched first if there is none or it is about to end.

        Raises SourceRefused when the client id and secret are not accepted, and what HttpClient raises.
        """
        async with self._one_at_a_time:
            if self._token is None or self._clock.monotonic() >= self._renew_at:
                self._token = None
                self._token = await self._new_token()
                self._last_tokens = (self._token, *self._last_tokens[:1])
            return _bearer(self._token)

    def refused(self, header: Mapping[str, str]) -> None:
        """Drop the token, unless somebody else has renewed it already."""
        if self._token is not None and _bearer(self._token) == header:
            self._token = None

    def secrets(self) -> tuple[str, ...]:
        """The secret, alone and as it travels, and the last two tokens: an answer may still speak of the old one."""
        return (*self._secrets, *self._last_tokens)

    async def _new_token(self) -> str:
        asked_at = self._clock.monotonic()
        answer = await self._client.request(
            "POST", self._url, asked=self._asked, lane=Lane.URGENT, headers=self._headers, form=self._form
        )
        if answer.status in (400, 401, 403):
            raise SourceRefused(self._source, self._asked, f"{came(answer)}; {self.advice}")
        if answer.status >= 300:
            raise AnswerUnreadable(self._source, self._asked, f"{came(answer)}; is token_url right?")
        token, lifetime = self._read(answer.body)
        self._renew_at = asked_at + lifetime - min(EARLY, lifetime / 2)
        return token

    def _read(self, body: bytes) -> tuple[str, float]:
        """Token and seconds of life. The body may hold a token even where it is not JSON, so no error shows it."""
        try:
            answer = read_json(body, source=self._source, asked=self._asked)
        except AnswerUnreadable:
            answer = None
        token = text(pick(answer, "access_token", "accessToken"))
        if token is None:
            raise AnswerUnreadable(self._source, self._asked, "came no JSON with an access_token; is token_url right?")
        lifetime = float(decimal(pick(answer, "expires_in", "expiresIn")) or 0)
        return token, lifetime if lifetime > 0 else DEFAULT_LIFETIME


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
