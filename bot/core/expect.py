"""Whether news goes where somebody says it does, and if not, by which rules it goes elsewhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.core.route import Step, walk_all
from bot.model.route import Assertion, Route
from bot.model.watch import Watchlist


def failure(
    assertion: Assertion,
    watchlists: Mapping[str, Watchlist],
    catch_all: Sequence[Route],
    line_of: Callable[[str], int | None],
) -> str | None:
    """What is wrong with an assertion, in words; None if it holds. `line_of` gives the line of a rule by its label."""
    watchlist = watchlists.get(assertion.given.watchlist)
    own = watchlist.notify if watchlist else ()
    steps = walk_all(assertion.given, own, catch_all)
    taken = [step.route for step in steps if step.is_taken]
    found = {name for route in taken for name in route.to}
    if found == assertion.expect:
        return None
    going = ", ".join(f"to {' and '.join(route.to)} by {_place(route, line_of)}" for route in taken) or "nowhere"
    said = [f"expects {' and '.join(sorted(assertion.expect))}; goes {going}"]
    missing = assertion.expect - found
    said += [_why_not(step, line_of) for step in steps if not step.is_taken and missing.intersection(step.route.to)]
    asked = {step.route.label for step in steps}
    later = [route for route in (*own, *catch_all) if route.label not in asked and missing.intersection(route.to)]
    said += [f"{_place(route, line_of)} is not asked any more" for route in later]
    return "; ".join(said)


def _why_not(step: Step, line_of: Callable[[str], int | None]) -> str:
    return f"not by {_place(step.route, line_of)}: {' and '.join(_reasons(step))}"


def _reasons(step: Step) -> Iterable[str]:
    return (f"`{miss.matcher}` wants {miss.wanted}, found {miss.found or 'nothing'}" for miss in step.misses)


def _place(route: Route, line_of: Callable[[str], int | None]) -> str:
    line = line_of(route.label)
    return route.label if line is None else f"{route.label} (line {line})"
