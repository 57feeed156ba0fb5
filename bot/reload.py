"""How the program runs on while its config is replaced: one store, one app after the other on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import TypeVar

from bot.app import App, Company, OpenHands, app_on, checked, open_storage
from bot.clock import sleep_unless
from bot.config.load import Config
from bot.errors import StorageError, StorageUnreachable
from bot.files import Files
from bot.log import event
from bot.loops.reloader import Reloader
from bot.model.moment import from_instant
from bot.ports import Clock, Storage

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = 5.0
"""Seconds, when the database cannot be reached, or a new config cannot be put to work because of the disk."""

T = TypeVar("T")


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

    The database stays open and locked all the time, and so does every source and chat whose settings stay the same:
    budgets and limits are one. A database that cannot be reached is waited for; with one that went back in time we
    begin anew. At the end no loop counts as alive. `join` lets this process share the store with other workers.
    Raises ConfigError and StorageError, but once it runs it goes on whatever a later config says.
    """

    def read_next(fresh: Files) -> Config:
        return checked(read(fresh), clock, database=config.database)

    async with OpenHands(clock) as hands, AsyncExitStack() as stack:
        good = checked(config, clock)
        opened = await _once_reached(lambda: _open(stack, good, clock, join), clock, stop)
        if opened is None:
            return
        storage, company = opened
        time = company.clock if company else clock
        reloader = Reloader(config, files, read_next, storage, time, asked)
        has_run = False
        while not stop.is_set():
            storage.went_back.clear()
            try:
                app = await app_on(storage, hands, reloader.config, time, company=company)
                if not has_run:
                    sources = ", ".join(config.sources)
                    event(log, "started", config=config.path, database=config.database, sources=sources)
                has_run = True
                await _run_until((stop, storage.went_back), app, reloader)
            except StorageError as error:
                may_pass = isinstance(error, StorageUnreachable)
                if not has_run and not may_pass:
                    raise
                await _wait("database_unreachable" if may_pass else "reload_failed", error, clock, stop)
        with suppress(StorageError):  # then the health check finds out by the silence
            await storage.beat([], from_instant(time.now()))


async def _open(
    stack: AsyncExitStack,
    config: Config,
    clock: Clock,
    join: Callable[[Config], AbstractAsyncContextManager[Company]] | None,
) -> tuple[Storage, Company | None]:
    if join is None:
        return await stack.enter_async_context(open_storage(config, clock)), None
    company = await stack.enter_async_context(join(config))
    return company.storage, company


async def _once_reached(open_: Callable[[], Awaitable[T]], clock: Clock, stop: asyncio.Event) -> T | None:
    """What is opened, as soon as the database can be reached; None when `stop` was set before that."""
    while not stop.is_set():
        opening, stopping = asyncio.ensure_future(open_()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                return opening.result()
        except StorageUnreachable as error:
            await _wait("database_unreachable", error, clock, stop)
        finally:
            for task in (opening, stopping):
                task.cancel()
            await asyncio.gather(opening, stopping, return_exceptions=True)
    return None


async def _wait(what: str, error: StorageError, clock: Clock, stop: asyncio.Event) -> None:
    event(log, what, level=logging.ERROR, error=error, next_try_in=f"{TRY_AGAIN_AFTER:.0f}s")
    await sleep_unless(stop, TRY_AGAIN_AFTER, clock)


async def _run_until(ends: Sequence[asyncio.Event], app: App, reloader: Reloader[Config]) -> None:
    """Run until one of these is set, or another config is to take over."""
    over = asyncio.Event()
    waiting = [asyncio.create_task(event.wait()) for event in ends]
    for task in waiting:
        task.add_done_callback(lambda _: over.set())
    try:
        await app.run(over, {"reloader": reloader})
    finally:
        for task in waiting:
            task.cancel()
