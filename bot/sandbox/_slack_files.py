"""Files in a Slack workspace, from the address to upload to until somebody sees them (docs: files)."""

import itertools
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.model.message import Attachment
from bot.sandbox._slack_content import no, yes

_LONGEST_ALT = 1000
_MIB = 1024 * 1024


@dataclass(slots=True)
class _Upload:
    name: str
    length: int
    alt: str
    data: bytes = b""
    media_type: str = ""
    is_shown: bool = False


class Uploads:
    """Files of one app. Each is uploaded once and shown once."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._uploads: dict[str, _Upload] = {}

    async def begin(self, request: web.Request, arguments: dict[str, Any]) -> web.Response:
        """The method files.getUploadURLExternal. It takes a form, and no JSON."""
        if request.content_type == "application/json":
            return no("invalid_arguments")
        name, length = str(arguments.get("filename") or ""), str(arguments.get("length") or "")
        if not name or not length.isdigit() or int(length) == 0:
            return no("invalid_arguments")
        if len(str(arguments.get("alt_txt") or "")) > _LONGEST_ALT:
            return no("alt_txt_too_large")
        file_id = f"F{next(self._numbers):09d}"
        self._uploads[file_id] = _Upload(name, int(length), str(arguments.get("alt_txt") or ""))
        return yes(upload_url=f"http://{request.host}/upload/{file_id}", file_id=file_id)

    async def receive(self, request: web.Request) -> web.Response:
        """The bytes of one file, which have to be as many as was said."""
        upload = self._uploads.get(request.match_info["file"])
        data = await request.read()
        if upload is None or len(data) != upload.length:
            return web.Response(status=400, text="Bad Request")
        upload.data, upload.media_type = data, request.content_type
        return web.Response(text=f"OK - {len(data)}")

    def show(self, arguments: dict[str, Any]) -> Attachment | str:
        """The file that files.completeUploadExternal names, or the error that refuses it."""
        files = arguments.get("files")
        listed = json.loads(files) if isinstance(files, str) else files
        match listed:
            case [{"id": str(file_id), **rest}]:
                upload = self._uploads.get(file_id)
            case _:
                return "invalid_arguments"
        if upload is None or not upload.data or upload.is_shown:
            return "file_not_found"
        upload.is_shown = True
        title = str(rest.get("title") or upload.name)
        return Attachment(name=upload.name, media_type=upload.media_type, data=upload.data, alt=upload.alt or title)


def limit_of_bodies() -> int:
    """Bytes a request may have: more than any picture."""
    return 20 * _MIB
