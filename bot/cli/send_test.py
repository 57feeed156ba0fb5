"""`orderwatch send-test`: whether a destination really receives."""

import asyncio
import difflib
import uuid

import click

from bot import registry
from bot.cli._config import read_config
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import say, say_json
from bot.clock import SystemClock
from bot.config.load import Config
from bot.model.message import Line, Message, Text
from bot.model.outbox import Destination


@click.command()
@click.argument("destination")
@common_options
def command(invocation: Invocation, destination: str) -> None:
    """Send one test message to DESTINATION, through its real chat."""
    config = read_config(invocation)
    if destination not in config.destinations:
        near = difflib.get_close_matches(destination, config.destinations)
        known = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(config.destinations)}"
        raise click.BadParameter(f"there is no destination '{destination}'; {known}", param_hint="DESTINATION")
    place = config.destinations[destination]
    ids = asyncio.run(_send(config, place))
    if invocation.json:
        say_json({"destination": place.name, "chat": place.chat, "ids": ids})
    else:
        say(f"{place.name}: {place.chat} accepted the message ({', '.join(ids)})")


async def _send(config: Config, place: Destination) -> list[str]:
    chat = registry.chat_module(place.chat).build(config.chats[place.chat], SystemClock())
    try:
        key = f"test-{uuid.uuid4()}"
        return [await chat.send(part, place, key=key) for part in chat.compose(_message(place), place)]
    finally:
        await chat.close()


def _message(place: Destination) -> Message:
    return Message(
        emoji="👋",
        headline=Line(spans=(Text(text="Test message from Orderwatch", style="strong"),)),
        body=(Line(spans=(Text(text=f"Destination {place.name} receives. No order has changed."),)),),
    )
