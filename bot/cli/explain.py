"""`orderwatch explain`: where news of an order would go, by which rule, and why not by another."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import click
from pydantic import ValidationError

from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._kinds import among
from bot.cli._named import names_of, order_argument
from bot.cli._output import complain, say, say_json
from bot.cli._store import beside_with
from bot.clock import SystemClock
from bot.config.assertions import GivenEntry, news_of
from bot.config.load import Config
from bot.config.problems import Complaints, hint, translate
from bot.core.explain import Branch, branches, effects, reason
from bot.core.matchers import rule_words, severity_of
from bot.core.render import order_name
from bot.core.route import Step
from bot.loops.following import Following, watchlist_of
from bot.model.change import Kind
from bot.model.order import Order
from bot.model.route import News
from bot.model.view import Extent
from bot.model.watch import Watchlist


@click.command()
@order_argument(required=False)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    callback=among([kind.value for kind in Kind]),
    help="Only this news: dispatched.",
)
@click.option("--source", help="The source of the order, where several have this number.")
@click.option("--change", help='News as it might be, in JSON: {"watchlist": "...", "kind": "status", "amount": 900}.')
@common_options
def command(
    invocation: Invocation, order: str | None, kinds: tuple[str, ...], source: str | None, change: str | None
) -> int:
    """Say where news of ORDER goes by the rules as they are now. It says too why other rules do not.

    --change says what the news would be like: alone, or of an order that differs from ORDER in what it says. Its keys
    are those of `given` in the assertions of the config file.
    """
    if order is None and change is None:
        raise click.UsageError("name an order, or describe one with --change")
    config = read_config(invocation)
    given, asked = _given(change, [Kind(kind) for kind in kinds], config)
    if order is None:
        lists = [config.watchlists[given.watchlist]] if given.watchlist else []
        _explain(invocation, config, None, lists, given, asked)
        return Exit.DONE
    found = [pair for pair in asyncio.run(_look_up(config, order)) if source in (None, pair[0].source)]
    if not found:
        complain(f"no watched order, purchase order or parcel has the number {order}")
        return Exit.NOTHING
    for number, (one, lists) in enumerate(found):
        if number and not invocation.json:
            say()
        wanted = [each for each in lists if given.watchlist in (None, each.name)]
        _explain(invocation, config, one, wanted, given, asked)
    return Exit.DONE


def _given(change: str | None, kinds: Sequence[Kind], config: Config) -> tuple[GivenEntry, Sequence[Kind]]:
    """What --change says, and the kinds of change that are asked about. Raises BadParameter."""
    try:
        data = json.loads(change) if change else {}
    except ValueError as error:
        raise click.BadParameter(f"is no JSON: {error}", param_hint="--change") from None
    if not isinstance(data, dict):
        raise click.BadParameter('must be keys with values, such as {"kind": "status"}', param_hint="--change")
    asked = kinds or ([] if "kind" in data else list(Kind))
    try:
        given = GivenEntry.model_validate({"kind": (asked or [Kind.STATUS])[0], **data})
    except ValidationError as error:
        complaints = Complaints("--change")
        for key in data:
            complaints.stands((key,), 1)
        translate(error, GivenEntry, (), complaints)
        said = "; ".join(f"{each.key} {each.text}" for each in complaints.problems())
        raise click.BadParameter(said, param_hint="--change") from None
    for what, name, known in (
        ("watchlist", given.watchlist, config.watchlists),
        ("source", given.source, config.sources),
    ):
        if name is not None and name not in known:
            raise click.BadParameter(f"there is no {what} '{name}'{hint(name, known)}", param_hint="--change")
    return given, asked or [given.kind]


async def _look_up(config: Config, name: str) -> list[tuple[Order, list[Watchlist]]]:
    """The orders of that name, each with what follows it: watchlists, and people from chat."""
    async with beside_with(config) as (store, known):
        following = Following(store, store.talks, SystemClock(), known, {})
        await following.refresh()
        found = await store.seek(names_of(name), [Extent(source, is_whole=True) for source in config.sources])
        return [
            (
                one.snapshot.order,
                [
                    *known.following(one),
                    *(
                        watchlist_of(watch)
                        for watch in following.watches
                        if (watch.source, watch.key) == (one.snapshot.order.source, one.snapshot.order.key)
                    ),
                ],
            )
            for one in found
        ]


def _explain(
    invocation: Invocation,
    config: Config,
    order: Order | None,
    watchlists: Sequence[Watchlist],
    given: GivenEntry,
    kinds: Sequence[Kind],
) -> None:
    source_of = {name: watchlist.source for name, watchlist in config.watchlists.items()}
    news = news_of(given, source_of, order)
    if not invocation.json:
        say(_headline(news))
    if order is not None and not watchlists and not invocation.json:
        say("nobody follows it, so news of it goes nowhere")
    for watchlist in watchlists:
        of_list = news.model_copy(update={"watchlist": watchlist.name, "source": watchlist.source})
        _show(invocation, config, of_list, watchlist, kinds)
    if order is None and not watchlists:
        _show(invocation, config, news, None, kinds)


def _show(
    invocation: Invocation, config: Config, news: News, watchlist: Watchlist | None, kinds: Sequence[Kind]
) -> None:
    own = watchlist.notify if watchlist else ()
    if invocation.json:
        for kind in kinds:
            for branch in branches(news, [kind], own, config.notify):
                say_json(_as_json(branch, news, config))
        return
    say()
    say(f"by {watchlist.name}" if watchlist else "by the rules for what no watchlist routes")
    found = sorted(branches(news, kinds, own, config.notify), key=lambda branch: len(branch.kinds))
    for branch in found:
        is_rest = len(found) > 1 and len(kinds) == len(Kind) and branch is found[-1]
        say()
        say(f"  {'anything else' if is_rest else _kinds(branch.kinds)} → {', '.join(branch.destinations)}")
        wide = max(len(_place(step, config)) for step in branch.steps)
        for step in branch.steps:
            say(f"    {'✓' if step.is_taken else '✗'} {_place(step, config):<{wide}}  {_verdict(step, branch)}")


def _headline(news: News) -> str:
    """`0045001014 · PO 26-40006 at panels · In production · 1240 EUR`."""
    order = news.order
    if order is None or not order.number:
        return "News as it might be" + (f", at {news.source}" if news.source else "")
    amount = f"{order.amount} {order.currency or ''}".strip() if order.amount else ""
    return " · ".join(filter(None, (f"{order_name(order)} at {news.source}", order.status.word, amount)))


def _kinds(kinds: Sequence[Kind]) -> str:
    return "whatever happens" if len(kinds) == len(Kind) else ", ".join(kind.replace("_", " ") for kind in kinds)


def _place(step: Step, config: Config) -> str:
    line = config.lines.get(step.route.label)
    return step.route.label if line is None else f"{config.path.name}:{line}"


def _verdict(step: Step, branch: Branch) -> str:
    to = ", ".join(step.route.to)
    if not step.is_taken:
        return f"{to}: {'; '.join(map(reason, step.misses))}"
    return f"{to}: {' · '.join([rule_words(step.route), *effects(step.route, branch.kinds)])}"


def _as_json(branch: Branch, news: News, config: Config) -> dict[str, Any]:
    (kind,) = branch.kinds
    return {
        "source": news.source,
        "order": (news.order.number if news.order else "") or None,
        "watchlist": news.watchlist or None,
        "kind": kind,
        "severity": severity_of(kind),
        "destinations": branch.destinations,
        "rules": [
            {
                "rule": step.route.label,
                "line": config.lines.get(step.route.label),
                "to": step.route.to,
                "taken": step.is_taken,
                "continues": step.route.continues,
                "as": step.route.severity,
                "mention": step.route.mention,
                "misses": [
                    {
                        "matcher": miss.matcher,
                        "wanted": miss.wanted,
                        "found": _found(miss.matcher, kind) or miss.found,
                    }
                    for miss in step.misses
                ],
            }
            for step in branch.steps
        ],
    }


def _found(matcher: str, kind: Kind) -> str:
    """What there is of the kind of change alone, which a branch of several kinds leaves out."""
    return {"on": kind.value, "severity": severity_of(kind).value}.get(matcher, "")
