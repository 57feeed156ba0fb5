"""`python -m bot` is `orderwatch`."""

import sys

_INTERRUPTED = 130


def main() -> int:
    """Run the command line; Ctrl-C ends it without words also while it is still being loaded."""
    try:
        from bot.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
