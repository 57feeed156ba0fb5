"""How the program runs on while its config is replaced: one store, one app after the other on it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from bot.app import App, Company, OpenSources, checked, open_on, open_storage
from bot.clock import sleep_unless
from bot.config.load import Config
from bot.errors import StorageError
from bot.files import Files
from bot.log import event
from bot.loops.reloader import Reloader
from bot.ports import Clock

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = 5.0
"""Seconds, when a new config cannot be put to work because of the disk."""


async def keep_running(
    config: Config,
    files: Files,
    read: Callable[[Files], Config],
    clock: Clock,
    *,
    stop: asyncio.Event,
    asked: asyncio.Event,
    join: Callable[[Config], AbstractAsyncContextManager[Company]] | None = None,
) -> None:
    """Watch and tell until `stop` is set; whenever `files` or `asked` say so, `read` again and go on with that.

    The database stays open and locked all the time, and so does every source whose settings stay the same: its
    budget is one. `join` lets this process share the store with other workers. Raises ConfigError and StorageError,
    but once it runs it goes on whatever a later config says.
    """

    def read_next(fresh: Files) -> Config:
        return checked(read(fresh), clock, database=config.database)

    async with OpenSources(clock) as sources, AsyncExitStack() as stack:
        good = checked(config, clock)
        company = await stack.enter_async_context(join(good)) if join else None
        storage = company.storage if company else await stack.enter_async_context(open_storage(good, clock))
        reloader = Reloader(config, files, read_next, storage, clock, asked)
        has_run = False
        while not stop.is_set():
            try:
                async with open_on(storage, sources, reloader.config, clock, company=company) as app:
                    if not has_run:
                        event(
                            log,
                            "started",
                            config=config.path,
                            database=config.database,
                            sources=", ".join(config.sources),
                        )
                    has_run = True
                    await _run_until(stop, app, reloader)
            except StorageError as error:
                if not has_run:
                    raise
                event(log, "reload_failed", level=logging.ERROR, error=error, next_try_in=f"{TRY_AGAIN_AFTER:.0f}s")
                await sleep_unless(stop, TRY_AGAIN_AFTER, clock)


async def _run_until(stop: asyncio.Event, app: App, reloader: Reloader[Config]) -> None:
    """Run until we are to stop, or another config is to take over."""
    over = asyncio.Event()
    stopping = asyncio.create_task(stop.wait())
    stopping.add_done_callback(lambda _: over.set())
    try:
        await app.run(over, {"reloader": reloader})
    finally:
        stopping.cancel()
