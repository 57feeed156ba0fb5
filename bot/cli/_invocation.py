"""The options that every command takes, before or after its name."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from bot import log

_F = TypeVar("_F", bound=Callable[..., Any])


def _default_path() -> Path:
    return Path(os.environ.get("ORDERWATCH_CONFIG") or "watchlists.yaml")


@dataclass(slots=True)
class Invocation:
    """What the common options said."""

    config_path: Path = field(default_factory=_default_path)
    json: bool = False
    verbose: bool = False
    color: bool = field(default_factory=lambda: not os.environ.get("NO_COLOR"))


def start_logs(*, verbose: bool) -> None:
    """Logs as ORDERWATCH_LOG wants them: `json`, else `key=value`."""
    form = "json" if os.environ.get("ORDERWATCH_LOG", "").lower() == "json" else "text"
    log.start(logging.DEBUG if verbose else logging.INFO, form=form)


def common_options(function: _F) -> _F:
    """Add -c, --json, -v and --no-color to a command, and hand it the Invocation as its first argument."""
    wrapped: Any = click.make_pass_decorator(Invocation, ensure=True)(function)
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]  # click's decorators are typed for bare functions only


def _config(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Invocation).config_path = value


def _json(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).json = True


def _verbose(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).verbose = True
        start_logs(verbose=True)


def _no_color(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).color = False


_OPTIONS = (
    click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path, readable=False),  # where it cannot be read, that is said of the config
        callback=_config,
        expose_value=False,
        help="Config file.  [default: $ORDERWATCH_CONFIG, else watchlists.yaml]",
    ),
    click.option("--json", is_flag=True, callback=_json, expose_value=False, help="Answer in JSON."),
    click.option("-v", "--verbose", is_flag=True, callback=_verbose, expose_value=False, help="Log more."),
    click.option("--no-color", is_flag=True, callback=_no_color, expose_value=False, help="No colours."),
)
