"""How a long command lives: on the fastest event loop there is, until a signal asks it to end."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")

LONGEST_END = 9.5
"""Seconds from being asked to end until the process is gone: container platforms kill after ten."""


TAKES_TURNS_EVERY = 30e-6
"""Seconds after which a thread that waits for the interpreter has it handed over, instead of Python's 5 ms.

The wait starts anew whenever whoever has it lets go for a moment. A busy event loop does so thousands of times a second
and has it back before a thread of the store has woken up, which then waits so at every step of every statement.
"""


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end on uvloop where the platform has it, else on asyncio's own loop."""
    sys.setswitchinterval(TAKES_TURNS_EVERY)
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    return uvloop.run(work)


class StopSignal:
    """SIGINT and SIGTERM as an event. A second one ends the process the hard way, which loses nothing either."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.received: signal.Signals | None = None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._receive, number)

    def _receive(self, number: signal.Signals) -> None:
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number
        self.event.set()


async def ends_in_time(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Do the work, which ends when `stop` is set. False: something holds it up then, and goes on doing so."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await asyncio.wait((working,), timeout=LONGEST_END)
    if not working.done():
        return False
    await working
    return True


class ReloadSignal:
    """SIGHUP as an event. It still means the end when it comes because the terminal of the program was closed."""

    def __init__(self, stop: StopSignal) -> None:
        self.event = asyncio.Event()
        self._stop = stop
        self._has_terminal = os.isatty(0)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._receive)

    def _receive(self) -> None:
        if self._has_terminal and not os.isatty(0):
            self._stop.event.set()
        else:
            self.event.set()
