"""The program as a process of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.journeys.scene import PATIENCE
from tests.journeys.store import placed

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def program(*arguments: str, **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m bot ...` beside the block; killed if the block leaves it running."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", **environ},
        stdout=pipe,
        stderr=pipe,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    """Its exit code, and all it printed."""
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, (out + err).decode()


async def done(*arguments: str) -> tuple[int | None, str]:
    """Run it to its end."""
    async with program(*arguments) as process:
        return await ended(process)


def written(folder: Path, settings: dict[str, Any]) -> str:
    """Path of a config file."""
    path = folder / "watchlists.yaml"
    path.write_text(json.dumps(placed(settings, folder)), encoding="utf-8")
    return str(path)


async def logged(process: asyncio.subprocess.Process, words: str) -> str:
    """The next line of its log that holds these words."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while line := (await process.stderr.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"it ended and never logged {words!r}")
