"""Calls of Slack's Web API: one session for all of them, and every failure as a ChatError."""

from collections.abc import Awaitable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chats._slack_errors import of_lost_answer, verdict

_CONNECT_TIMEOUT = 10.0
"""Seconds for a connection. Its own limit, because a send that never connected surely did not arrive."""


class WebApi:
    """The Web API as one token may use it. Connects with the first call."""

    def __init__(self, token: str, base_url: str, timeout: float) -> None:
        """`timeout` is in seconds, for one answer."""
        self._token = token
        self._base_url = base_url
        self._timeout = timeout
        self._client: AsyncWebClient | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def client(self) -> AsyncWebClient:
        """One client and one session for all calls; slack-sdk would open a session for each.

        Its retries are off: on a lost connection they would send a message again that may have arrived.
        """
        if self._client is None:
            self._client = AsyncWebClient(
                token=self._token, base_url=self._base_url, session=self.session, retry_handlers=[]
            )
        return self._client

    @property
    def session(self) -> aiohttp.ClientSession:
        """For what is not a method: answering addresses and sockets."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._timeout, sock_connect=_CONNECT_TIMEOUT)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session

    async def answer(self, asked: Awaitable[AsyncSlackResponse]) -> dict[str, Any]:
        """The body of a successful answer. Raises the verdict on any other outcome."""
        try:
            data: Any = (await asked).data
        except SlackApiError as error:
            response = error.response
            status = getattr(response, "status_code", None) or response.status  # a cut JSON comes as the raw answer
            raise verdict(status, response.headers, getattr(response, "data", None)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise of_lost_answer(error, self._host) from None
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            data = None  # what slack-sdk raises on a body that is no JSON object under a status of 200
        if not isinstance(data, dict):
            raise verdict(200, {}, None)
        return data

    async def respond(self, url: str, body: Mapping[str, Any]) -> int:
        """Send a body to the answering address of a command or a press. Returns the HTTP status.

        Raises ChatBusy, ChatUnreachable and SendUnclear; what else the status says is for the caller to judge.
        """
        try:
            async with self.session.post(url, json=dict(body), allow_redirects=False) as response:
                await response.read()
                status, headers = response.status, response.headers
        except (aiohttp.ClientError, OSError) as error:
            raise of_lost_answer(error, urlsplit(url).netloc.rpartition("@")[2]) from None
        if status == 429 or status >= 500:
            raise verdict(status, headers, None)
        return status

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        session, self._session, self._client = self._session, None, None
        if session is not None:
            await session.close()

    @property
    def _host(self) -> str:
        return urlsplit(self._base_url).netloc.rpartition("@")[2]
