"""`orderwatch invite`: let somebody in who is not in the config."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta

import click

from bot import registry
from bot.cli._config import read_config
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json
from bot.cli._store import beside
from bot.clock import SystemClock
from bot.config.load import Config
from bot.config.problems import hint
from bot.core.access import hash_of
from bot.errors import ChatError
from bot.model.access import Invite, Role
from bot.model.moment import from_instant

_CODE_BYTES = 24
"""32 characters of A-Z a-z 0-9 _ -: Telegram takes up to 64 of just these after `start`."""
_PATIENCE = 3.0
"""Seconds that the name of the bot is waited for; the code is good without it."""


@click.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), default="viewer", show_default=True)
@click.option("--sources", metavar="NAMES", help="Only orders of these sources, with commas between.")
@click.option("--watchlists", metavar="NAMES", help="Only orders of these watchlists, with commas between.")
@click.option("--hours", type=click.IntRange(1, 720), default=24, show_default=True, help="How long it can be used.")
@common_options
def command(invocation: Invocation, role: str, sources: str | None, watchlists: str | None, hours: int) -> None:
    """Make a code that lets one person, or one group, ask in chat. It works once, and is shown only now."""
    config, now = read_config(invocation), SystemClock().now()
    code = secrets.token_urlsafe(_CODE_BYTES)
    invite = Invite(
        code_hash=hash_of(code),
        role=Role(role),
        sources=_names(sources, config.sources, "source", "--sources"),
        watchlists=_names(watchlists, config.watchlists, "watchlist", "--watchlists"),
        made_at=from_instant(now),
        expires_at=from_instant(now + timedelta(hours=hours)),
    )
    name = asyncio.run(_keep_and_introduce(config, invite))
    link = f"https://t.me/{name}?start={code}" if name else None
    if invocation.json:
        say_json({"code": code, "role": role, "expires_at": invite.expires_at, "telegram": link})
        return
    for line in _ways_in(config, code, name):
        say(line)
    say(f"It lets in one {role}, once, within {hours} hours.")


def _ways_in(config: Config, code: str, name: str | None) -> Iterator[str]:
    """How to use the code in each chat of the config. `name` is the bot's in Telegram, where that is known."""
    if "telegram" in config.chats:
        yield f"Telegram: https://t.me/{name}?start={code}" if name else f"Telegram: write to the bot: /start {code}"
        yield f"          in a group: /start{f'@{name}' if name else ''} {code}"
    if "slack" in config.chats:
        yield f"Slack:    {getattr(config.chats['slack'], 'command', '/order')} join {code}"
    if not {"telegram", "slack"} & set(config.chats):
        yield f"Code:     {code}"
        complain("no chat is in the config yet where it could be used: add chats.telegram or chats.slack")


async def _keep_and_introduce(config: Config, invite: Invite) -> str | None:
    """Keep the invite; the name of the bot in Telegram, which a link needs, if Telegram tells it in time."""
    await _keep(config, invite)
    if "telegram" not in config.chats:
        return None
    chat = registry.chat_module("telegram").build(config.chats["telegram"], SystemClock())
    try:
        me = await asyncio.wait_for(chat.check(), _PATIENCE)
    except (TimeoutError, ChatError) as error:
        reason = f"no answer within {_PATIENCE:.0f} s" if isinstance(error, TimeoutError) else str(error)
        complain(f"there is no link to press, since Telegram did not tell the name of the bot ({reason})")
        return None
    finally:
        await chat.close()
    return me.removeprefix("@") if me.startswith("@") else None


async def _keep(config: Config, invite: Invite) -> None:
    async with beside(config.database) as store:
        await store.talks.invite(invite)


def _names(written: str | None, known: Mapping[str, object], what: str, option: str) -> tuple[str, ...] | None:
    if written is None:
        return None
    names = tuple(name.strip() for name in written.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise click.BadParameter(f"there is no {what} '{name}'{hint(name, known)}", param_hint=option)
    return names
