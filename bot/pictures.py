"""Small pictures of orders, drawn by matplotlib where it is installed: `pip install orderwatch[pictures]`.

Each stands on a card of its own, so it reads the same on a light and on a dark screen, and the same data always gives
the same bytes. Drawing takes some tenths of a second, the first time a second or two: never on the event loop.
"""

import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INSTALL = "pip install 'orderwatch[pictures]'"
"""How to have what draws."""

_CARD, _EDGE, _INK, _SOFT, _GRID = "#fbfbf9", "#d5d5cf", "#22252b", "#5c616b", "#e4e4de"
_SHADES = ("#cfe3f5", "#93c0e6", "#4f93cf", "#c4712f", "#8f2d1d")
"""From fresh to old: told apart by lightness alone, too, for those who do not tell red from blue."""
_WIDTH, _TOP, _ROW, _BOTTOM = 5.6, 0.68, 0.34, 0.66
"""Inches."""
_DPI = 144
_LONGEST_NAME = 26
_FONT = "DejaVu Sans"


def can_draw() -> bool:
    """Whether what draws is installed."""
    return find_spec("matplotlib") is not None


def open_orders(bars: Mapping[str, Sequence[int]], ages: Sequence[str]) -> bytes:
    """A PNG with a bar for each status, parted by age: `bars` has as many numbers for each as there are `ages`."""
    figure, axes = _card(rows=len(bars))
    names = list(bars)
    left = [0] * len(names)
    for age, shade, counts in zip(ages, _SHADES, zip(*bars.values(), strict=True), strict=True):
        axes.barh(names, counts, left=left, height=0.62, color=shade, label=age, linewidth=0)
        left = [before + count for before, count in zip(left, counts, strict=True)]
    most = max(left)
    for position, total in enumerate(left):
        axes.text(total + most * 0.012, position, f"{total:,}", va="center", color=_INK, fontsize=8, family=_FONT)
    axes.set_xlim(0, most * 1.12)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    orders = "open order" if sum(left) == 1 else "open orders"
    _title(figure, f"{sum(left):,} {orders}", "by status and days without a change")
    figure.legend(
        loc="lower left",
        bbox_to_anchor=(0.02, 0.0),
        ncols=len(ages),
        frameon=False,
        fontsize=6.5,
        labelcolor=_SOFT,
        handlelength=1.0,
        columnspacing=1.2,
        prop={"family": _FONT, "size": 6.5},
    )
    return _png(figure)


def spreads(bars: Mapping[str, Sequence[float]]) -> bytes:
    """A PNG with two numbers of days for each name: within the first are half of the orders, within the second 90 %."""
    figure, axes = _card(rows=len(bars), left=0.34)
    names = [_short(name) for name in bars]
    positions = range(len(names))
    axes.barh(positions, [most for _, most in bars.values()], height=0.62, color=_SHADES[0], linewidth=0)
    axes.barh(positions, [half for half, _ in bars.values()], height=0.34, color=_SHADES[2], linewidth=0)
    axes.set_yticks(list(positions), names)
    longest = max(most for _, most in bars.values()) or 1.0
    for position, (half, most) in enumerate(bars.values()):
        words = f"{half:g} / {most:g}"
        axes.text(most + longest * 0.012, position, words, va="center", color=_INK, fontsize=8, family=_FONT)
    axes.set_xlim(0, longest * 1.2)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    _title(figure, "How long orders take", "days within which half of them (dark) and nine of ten (light) are through")
    return _png(figure)


def timeline(number: str, steps: Sequence[tuple[str, float]], marks: Sequence[float], days: float) -> bytes:
    """A PNG of one order: `steps`, its statuses and when each began; `marks`, other changes; all in `days` so far."""
    rows = [_short(status) for status, _ in steps] + (["other changes"] if marks else [])
    figure, axes = _card(rows=len(rows), left=0.27)
    ends = [*(begins for _, begins in steps[1:]), days]
    longest = max(days, 1.0)
    for position, (begins, end) in enumerate(zip((begins for _, begins in steps), ends, strict=True)):
        width = max(end - begins, longest * 0.006)
        axes.barh(position, width, left=begins, height=0.5, color=_SHADES[2], linewidth=0)
        words = f"{end - begins:.1f} d"
        axes.text(begins + width + longest * 0.012, position, words, va="center", color=_INK, fontsize=8, family=_FONT)
    axes.plot(marks, [len(steps)] * len(marks), marker="D", markersize=5, color=_SHADES[3], linewidth=0)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlim(0, longest * 1.14)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    _title(figure, f"Order {_short(number)}", "days in each status")
    return _png(figure)


def _short(name: str) -> str:
    """A name that fits beside a bar, of letters that can be drawn, with nothing in it that would become a formula."""
    from matplotlib.font_manager import findfont, get_font

    drawable = get_font(findfont(_FONT)).get_charmap()
    name = "".join(char if ord(char) in drawable else " " if char.isspace() else "□" for char in name if char != "$")
    name = "".join(char if char.isprintable() else " " for char in name).strip()
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"


def _card(*, rows: int, left: float = 0.19) -> "tuple[Figure, Axes]":
    """A card with room for a title, so many rows, an axis and a legend."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    height = _TOP + _ROW * rows + _BOTTOM
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor=_CARD, edgecolor=_EDGE, linewidth=1.5)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((left, _BOTTOM / height, 0.96 - left, _ROW * rows / height))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.set_facecolor(_CARD)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, axis="x", color=_GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_SOFT, labelcolor=_INK, labelsize=8, length=0, labelfontfamily=_FONT)
    return figure, axes


def _title(figure: "Figure", words: str, more: str) -> None:
    height = figure.get_size_inches()[1]
    figure.text(0.03, 1 - 0.3 / height, words, color=_INK, fontsize=11, fontweight="bold", family=_FONT)
    figure.text(0.03, 1 - 0.5 / height, more, color=_SOFT, fontsize=8, family=_FONT)


def _png(figure: "Figure") -> bytes:
    written = io.BytesIO()
    figure.savefig(written, format="png", facecolor=_CARD, edgecolor=_EDGE, metadata={"Software": None})
    return written.getvalue()
