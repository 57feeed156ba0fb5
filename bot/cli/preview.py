"""`orderwatch preview`: what messages look like, before the first one comes."""

import asyncio
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import click

from bot import registry
from bot.app import build_sources
from bot.chats import console
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._kinds import among
from bot.cli._named import find
from bot.cli._output import complain, say, say_json
from bot.cli._store import ask
from bot.clock import SystemClock
from bot.config.language import words_with
from bot.config.load import Config
from bot.config.problems import hint
from bot.core.samples import SEEN, sample, sample_notice
from bot.core.wording import word
from bot.core.words import Words
from bot.languages import languages
from bot.model.change import Change, Kind, Notice
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.order import Order
from bot.model.outbox import Destination
from bot.ports import Views

News = tuple[Order, Change, Moment]
"""An order, what happened to it, and when that was seen."""


_KINDS = [kind.value for kind in (*Kind, *Notice)]


@click.command()
@click.argument("kind", required=False, metavar="[KIND]", callback=among(_KINDS))
@click.option("--all", "all_kinds", is_flag=True, help="Messages of every kind.")
@click.option("--to", metavar="DESTINATION", help="As it is told there: its language, zone and templates.")
@click.option("--language", type=click.Choice(languages()), help="In this language, wherever it goes.")
@click.option("--order", metavar="NUMBER", help="With what was last found of this order, instead of made-up news.")
@common_options
def command(
    invocation: Invocation, kind: str | None, all_kinds: bool, to: str | None, language: str | None, order: str | None
) -> int:
    """Show what a message about a change of KIND says.

    KIND may be a notice, too, such as source_failing. Nothing is sent.
    """
    if (kind is None) is not all_kinds:
        raise click.UsageError("name one kind, or ask for all of them with --all")
    config = read_config(invocation)
    if to is not None and to not in config.destinations:
        near = hint(to, config.destinations)
        raise click.BadParameter(f"there is no destination '{to}'{near}", param_hint="--to")
    place = config.destinations.get(to or "")
    words = words_with(language, config.sources) if language else config.voices.at(to or "")
    wanted = [one for one in Kind if kind in (None, one)]
    found = _of_order(config, order, wanted) if order else _made_up(config, wanted)
    labels = asyncio.run(_labels(config))
    messages = {each.value: _message(config, news, labels, place, words) for each, news in found}
    if not order:
        messages |= {each.value: sample_notice(each, words) for each in Notice if kind in (None, each)}
    if not messages:
        complain(f"no such news is known of an order with the number {order}")
        return Exit.NOTHING
    texts = {name: _text(message, config, place) for name, message in messages.items()}
    if invocation.json:
        say_json(texts)
    else:
        for line in "\n\n".join(texts.values()).split("\n"):
            say(line)
    return Exit.DONE


def _made_up(config: Config, kinds: Sequence[Kind]) -> list[tuple[Kind, News]]:
    source = next(iter(config.sources), "")
    news = [(kind, *sample(kind)) for kind in kinds]
    return [(kind, (order.model_copy(update={"source": source}), change, SEEN)) for kind, order, change in news]


def _of_order(config: Config, number: str, kinds: Sequence[Kind]) -> list[tuple[Kind, News]]:
    """The last news of each kind that is kept of the order."""

    async def question(views: Views) -> dict[Kind, News]:
        known: dict[Kind, News] = {}
        for snapshot in await find(views, number):
            for row in await views.history(snapshot.order.source, snapshot.order.key, limit=_LOOKED_BACK):
                change = Change.model_validate(row.change)
                known.setdefault(change.kind, (snapshot.order, change, row.seen_at))
        return known

    found = ask(config.database, question)
    return [(kind, found[kind]) for kind in kinds if kind in found]


_LOOKED_BACK = 1000


async def _labels(config: Config) -> Mapping[str, str]:
    sources = build_sources(config, SystemClock())
    try:
        return {name: source.label for name, source in sources.items()}
    finally:
        for source in sources.values():
            await source.close()


def _message(config: Config, news: News, labels: Mapping[str, str], place: Destination | None, words: Words) -> Message:
    order, change, seen_at = news
    name = place.name if place else ""
    return word(
        order,
        [change],
        source=labels.get(order.source, order.source),
        seen_at=seen_at,
        zone=ZoneInfo(config.timezone),
        words=words,
        templates=config.voices.templates_at(name),
    )


def _text(message: Message, config: Config, place: Destination | None) -> str:
    """As the chat writes it where there is no markup; as the console does without a destination."""
    if place is None:
        place = Destination(name="preview", chat=console.Console.kind, address={}, timezone=config.timezone)
    settings = config.chats.get(place.chat, console.Settings())
    chat = registry.chat_module(place.chat).build(settings, SystemClock())
    return "\n".join(part.plain for part in chat.compose(message, place))
