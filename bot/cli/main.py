"""The command `orderwatch`: finds its commands, and turns whatever ends them into one clear line and an exit code."""

import contextlib
import difflib
import errno
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from bot import cli, log
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options, start_logs
from bot.cli._output import complain
from bot.errors import ConfigError, OrderwatchError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What a write to standard output fails with; files that a command opens are named."""


def _version() -> str:
    try:
        return version("orderwatch")
    except PackageNotFoundError:
        return "from a source tree, not installed"


class Commands(click.Group):
    """Every public file of this package but this one is a command; it is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        files = (found.name for found in pkgutil.iter_modules(cli.__path__))
        return sorted(name.replace("_", "-") for name in files if not name.startswith("_") and name != "main")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The click object of a command's file; None if there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = importlib.import_module(f"bot.cli.{cmd_name.replace('-', '_')}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown command is answered with the nearest one."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], names, n=1)
            ctx.fail(f"there is no command '{args[0]}'; " + (f"did you mean {near[0]}?" if near else "see --help"))
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@common_options
@click.version_option(_version(), "-V", "--version", message="%(prog)s %(version)s")
def group(invocation: Invocation) -> None:
    """Watches supplier orders and tells the right people when something real changes.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad config, 4 nothing matched, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (by default this process's own) and return its exit code."""
    _open_what_was_closed()
    start_logs(verbose=False)
    invocation = Invocation()
    return end(lambda: group.main(arguments, prog_name="orderwatch", standalone_mode=False, obj=invocation), invocation)


def end(run: Callable[[], Any], invocation: Invocation) -> int:
    """The exit code of whatever `run` does: its result if that is a number. Errors go to standard error."""
    try:
        code = run()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:  # `orderwatch orders list | head` is no failure worth words
        _close_output()
        return Exit.FAILED
    except OrderwatchError as error:
        for line in str(error).splitlines():
            complain(log.redact(line))
        return Exit.CONFIG if isinstance(error, ConfigError) else Exit.FAILED
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            return _unexpected(error, verbose=invocation.verbose)
        _close_output()
        complain(f"the answer could not be written: {error.strerror}")
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001  # a person at a terminal gets one line, whatever it was
        return _unexpected(error, verbose=invocation.verbose)
    return code if isinstance(code, int) else Exit.DONE


def _unexpected(error: Exception, *, verbose: bool) -> int:
    if verbose:
        click.echo(log.redact("".join(traceback.format_exception(error))), err=True)
    else:
        complain(log.redact(f"orderwatch: unexpected {type(error).__name__}: {error} (-v shows where it happened)"))
    return Exit.FAILED


def _open_what_was_closed() -> None:
    """Let standard streams that the caller closed (`>&-`) lead nowhere, so that no file of ours takes their places."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _close_output() -> None:
    """Keep Python from complaining at exit about what it could not write."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
