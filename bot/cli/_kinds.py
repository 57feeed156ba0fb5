"""A kind of change or notice as an argument: there are too many for a line of usage."""

from collections.abc import Callable, Collection
from typing import Any

import click

from bot.config.problems import hint


def among(kinds: Collection[str]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback for one kind or several, that answers a wrong word with the nearest, or with all there are."""

    def checked(_context: click.Context, _parameter: click.Parameter, value: str | tuple[str, ...] | None) -> Any:
        for word in [value] if isinstance(value, str) else value or ():
            if word not in kinds:
                raise click.BadParameter(f"there is no kind '{word}'{hint(word, kinds)}")
        return value

    return checked
