"""How a long command lives."""

import sys

from bot.cli._process import TAKES_TURNS_EVERY, run_async


def test_threads_of_the_store_take_turns_with_a_busy_loop() -> None:
    async def interval() -> float:
        return sys.getswitchinterval()

    before = sys.getswitchinterval()
    try:
        sys.setswitchinterval(0.005)
        assert run_async(interval()) <= 2 * TAKES_TURNS_EVERY
    finally:
        sys.setswitchinterval(before)
