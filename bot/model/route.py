"""Which changes go where."""

from bot.model.change import Kind
from bot.model.frozen import Frozen


class Route(Frozen):
    """One rule: the changes it matches go to its destinations; the next rule is asked only if `continues`."""

    to: tuple[str, ...]
    """Names of destinations."""
    on: frozenset[Kind] | None = None
    """Kinds it matches; None: all."""
    continues: bool = False
    label: str
    """Where it stands in the file: `watchlists.plant-3 panels.notify[0]`."""
