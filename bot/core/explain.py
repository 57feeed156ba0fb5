"""Which way news would take, and why not another, for every kind of change alike or apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.matchers import severity_of
from bot.core.route import Miss, Step, walk_all
from bot.model.change import Kind
from bot.model.route import News, Route

_OF_KIND = frozenset({"on", "severity"})
"""Matchers that look at the kind of change alone: what they found is the kind that is asked about."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The way of some kinds of change that fare alike."""

    kinds: tuple[Kind, ...]
    steps: tuple[Step, ...]
    """The rules that are asked, in turn."""

    @property
    def destinations(self) -> list[str]:
        """Where the news goes, each once."""
        return list(dict.fromkeys(name for step in self.steps if step.is_taken for name in step.route.to))


def branches(news: News, kinds: Iterable[Kind], own: Sequence[Route], catch_all: Sequence[Route]) -> list[Branch]:
    """The ways that news like this one takes, by kind; kinds that pass and miss the same rules together."""
    found: dict[tuple[tuple[Route, tuple[Miss, ...]], ...], list[Kind]] = {}
    for kind in kinds:
        steps = walk_all(news.model_copy(update={"kind": kind}), own, catch_all)
        way = tuple((step.route, tuple(map(_whatever_kind, step.misses))) for step in steps)
        found.setdefault(way, []).append(kind)
    return [Branch(tuple(alike), tuple(Step(*step) for step in way)) for way, alike in found.items()]


def reason(miss: Miss) -> str:
    """`amount wants >= 1000, has 900 EUR`; what is about the kind alone says no more than what it wants."""
    if miss.matcher in _OF_KIND:
        return f"{miss.matcher} wants {miss.wanted}"
    return f"{miss.matcher} wants {miss.wanted}, has {miss.found or 'none'}"


def effects(route: Route, kinds: Iterable[Kind]) -> list[str]:
    """What a rule does beside naming destinations: `as urgent`, `calls U0123456789`, `and on`."""
    found = []
    if route.severity is not None and any(severity_of(kind) is not route.severity for kind in kinds):
        found.append(f"as {route.severity}")
    if route.mention:
        found.append(f"calls {', '.join(route.mention)}")
    return [*found, "and on"] if route.continues else found


def _whatever_kind(miss: Miss) -> Miss:
    return Miss(miss.matcher, miss.wanted, "") if miss.matcher in _OF_KIND else miss
