"""Exit codes, which scripts rely on."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CONFIG = 3
    NOTHING = 4
    """Nothing matched what was asked for."""
    INTERRUPTED = 130
    """Ctrl-C: 128 and the number of SIGINT, as shells have it."""
