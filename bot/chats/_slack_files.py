"""Files in Slack: an address to upload to, the upload, and the one call with which people see the file.

Only that last call can have shown anything, so whatever happens to the two before it may be repeated.
"""

import json
import re
from typing import Any

import aiohttp

from bot.chats._attached import caption, file_name
from bot.chats._holds import Holds
from bot.chats._slack_calls import WebApi
from bot.chats._slack_errors import of_lost_answer
from bot.errors import ChatError, ChatRefused, ChatUnreachable, DestinationBroken, MessageRefused, SendUnclear
from bot.model.message import Attachment

_SCOPE = re.compile(r"needed: ([\w:.,]+)")
_LONGEST_ALT = 1000
"""Characters (docs: files.getUploadURLExternal)."""


class SlackFiles:
    """Shows files, with the calls and the waits of whoever sends the words."""

    def __init__(self, api: WebApi, holds: Holds) -> None:
        self._api = api
        self._holds = holds

    async def share(self, file: Attachment, words: str, channel: str, *, key: str, under: str | None = None) -> str:
        """Show a file in a channel, or under one of its messages, with these words. Returns the id of the file.

        Raises ChatError: SendUnclear only where people may see it.
        """
        try:
            file_id = await self._upload(file, file_name(file, key))
            if channel.startswith("U"):
                opened = await self._call("conversations.open", users=channel)
                channel = str((opened.get("channel") or {}).get("id") or channel)
        except SendUnclear as error:
            raise ChatUnreachable(error.chat, error.came) from None
        place = {"thread_ts": under} if under else {}
        files = [{"id": file_id, "title": caption(file)}]
        await self._call(
            "files.completeUploadExternal", files=files, channel_id=channel, initial_comment=words, **place
        )
        return file_id

    async def _upload(self, file: Attachment, name: str) -> str:
        """Returns the id that the file has from then on, although nobody sees it yet."""
        given = await self._call(
            "files.getUploadURLExternal",
            filename=name,
            length=len(file.data),
            alt_txt=caption(file)[:_LONGEST_ALT],
        )
        url, file_id = str(given.get("upload_url") or ""), str(given.get("file_id") or "")
        if not url or not file_id:
            raise MessageRefused("slack", "gave no address to upload to")
        headers = {"Content-Type": file.media_type}
        try:
            async with self._api.session.post(url, data=file.data, headers=headers) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError) as error:
            raise of_lost_answer(error, "the address to upload to") from None
        if status >= 500:
            raise ChatUnreachable("slack", f"answered HTTP {status} to an upload")
        if status != 200:
            raise MessageRefused("slack", f"answered HTTP {status} to an upload")
        return file_id

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        # Not as JSON: files.getUploadURLExternal reads its arguments from a form alone.
        form = {name: json.dumps(value) if isinstance(value, list) else value for name, value in arguments.items()}
        return await self._holds.keep(method, lambda: self._api.answer(self._api.client.api_call(method, data=form)))


def why_not_shown(error: ChatError) -> str | None:
    """Why a file is not shown although words may be sent, and what to do; None where that is not so."""
    match error:
        case ChatRefused() if error.came.startswith("missing_scope"):
            needed = _SCOPE.search(error.came)
            return f"the app lacks the scope {needed[1] if needed else 'files:write'}; see the manifest in the README"
        case MessageRefused() | DestinationBroken():
            return f"Slack did not take it: {error.came.partition(':')[0]}"
        case _:
            return None
