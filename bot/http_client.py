"""How every source asks: one connection pool, one gate, bounded answers, and failures as our own errors."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from bot.core.retry_after import pause_after, retry_after
from bot.errors import AnswerUnreadable, SourceBroken, SourceBusy, SourceError, SourceUnreachable
from bot.gate import Gate, Lane
from bot.ports import Clock

MAX_BODY = 16 * 1024 * 1024
"""Bytes. A page of a hundred orders with everything in it stays far below; more is a mistake or an attack."""

_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with a status below 500 that is not 429."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Of the Content-Type header, lower case, without parameters; empty if there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def excerpt(self, length: int = 200) -> str:
        """The beginning of the text in one line, tags stripped: for error messages."""
        return excerpt(self.body, length)


def excerpt(body: bytes, length: int = 200) -> str:
    """The beginning of a body as one line of text, tags and control characters stripped."""
    text = _TAGS.sub(" ", body[: 20 * length].decode("utf-8", "replace"))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


class HttpClient:
    """Asks one source. Requests share its gate; connections are kept and reused."""

    def __init__(
        self,
        source: str,
        clock: Clock,
        gate: Gate,
        *,
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        max_body: int = MAX_BODY,
        describe: Callable[[bytes], str] = excerpt,
    ) -> None:
        """`describe` says in one line what the body of a failure says, for sources with error shapes of their own."""
        self._source = source
        self._clock = clock
        self.gate = gate
        self._timeout = timeout
        self._headers = CIMultiDict({"User-Agent": "orderwatch"})
        self._headers.update(headers or {})
        self._max_body = max_body
        self._describe = describe
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        asked: str,
        lane: Lane = Lane.ROUTINE,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once. `asked` names the request in errors and must hold no secret. Path segments come encoded.

        Raises SourceUnreachable, SourceBusy, SourceBroken, or AnswerUnreadable (too large, a redirect).
        """
        async with self.gate.turn(lane):
            try:
                async with self._open_session().request(
                    method,
                    URL(url, encoded=True).update_query(params) if params else URL(url, encoded=True),
                    headers=headers,
                    json=json,
                    data=form,
                    allow_redirects=False,  # credentials follow nobody
                ) as response:
                    body = await self._read(response, asked)
                    answer = Answer(response.status, response.headers, body)
            except TimeoutError:
                raise SourceUnreachable(self._source, asked, f"no answer within {self._timeout:g} s") from None
            except aiohttp.ClientError as error:
                raise SourceUnreachable(self._source, asked, _in_words(error, url)) from None
            except (OSError, ValueError) as error:
                raise SourceUnreachable(self._source, asked, f"{type(error).__name__}") from None
        self._judge(answer, asked)
        return answer

    async def close(self) -> None:
        """Close the pool. Idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout, connect=min(10.0, self._timeout)),
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0),  # the gate limits
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse, asked: str) -> bytes:
        content = response.content
        chunks: list[bytes] = []
        size = 0
        try:
            while not content.at_eof():
                chunk = await content.readany()
                size += len(chunk)
                if size > self._max_body:
                    response.close()
                    raise AnswerUnreadable(self._source, asked, f"came more than {self._max_body // 1024**2} MB")
                chunks.append(chunk)
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        finally:
            chunks.clear()  # an error, or the end of a cancelled request, holds this frame for as long as it lives

    def _judge(self, answer: Answer, asked: str) -> None:
        status = answer.status
        if status < 300:
            if pause := pause_after(answer.headers, self._clock.now()):
                self.gate.rest(pause)
            return
        came = f"came HTTP {status}"
        if 300 <= status < 400 and status != 304:
            target = urlsplit(answer.headers.get("Location", ""))
            where = f"{target.hostname or ''}{target.path}"
            raise AnswerUnreadable(self._source, asked, f"{came}, a redirect to {where}; is base_url right?")
        if status != 429 and status < 500:
            return
        wait = retry_after(answer.headers, self._clock.now())
        if words := self._describe(answer.body):
            came = f"{came}: {words}"
        error: type[SourceError] = SourceBroken
        if status == 429 or (status == 503 and wait is not None):
            error = SourceBusy
            if wait is not None:
                self.gate.pause(wait)
        raise error(self._source, asked, came, retry_after=wait)


def _in_words(error: aiohttp.ClientError, url: str) -> str:
    """What went wrong, without the URL, whose query may hold a secret."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"the host name {host} does not resolve"
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {host} is not trusted"
        case aiohttp.ClientSSLError():
            return f"no TLS connection to {host}"
        case aiohttp.ClientConnectorError():
            return f"no connection to {host}: {error.os_error.strerror or type(error.os_error).__name__}"
        case aiohttp.ServerDisconnectedError():
            return f"{host} closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            return f"{host} broke off in the middle of the answer"
        case aiohttp.InvalidURL():
            return "base_url is not a web address"
        case _:
            return f"{type(error).__name__} from {host}"
