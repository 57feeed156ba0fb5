"""`orderwatch invite`: let somebody in who is not in the config."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import timedelta

import click

from bot.cli._config import read_config
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import say, say_json
from bot.clock import SystemClock
from bot.config.load import Config
from bot.config.problems import hint
from bot.core.access import hash_of
from bot.model.access import Invite, Role
from bot.model.moment import from_instant
from bot.storage.sqlite import SqliteBeside

_CODE_BYTES = 24
"""32 characters of A-Z a-z 0-9 _ -: Telegram takes up to 64 of just these after `start`."""


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
    asyncio.run(_keep(config, invite))
    if invocation.json:
        say_json({"code": code, "role": role, "expires_at": invite.expires_at})
        return
    say(f"Telegram: https://t.me/NAME_OF_YOUR_BOT?start={code}")
    say(f"          in a group: /start@NAME_OF_YOUR_BOT {code}")
    say(f"Slack:    /order join {code}")
    say(f"It lets in one {role}, once, within {hours} hours.")


async def _keep(config: Config, invite: Invite) -> None:
    store = SqliteBeside(config.database)
    await store.open()
    try:
        await store.talks.invite(invite)
    finally:
        await store.close()


def _names(written: str | None, known: Mapping[str, object], what: str, option: str) -> tuple[str, ...] | None:
    if written is None:
        return None
    names = tuple(name.strip() for name in written.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise click.BadParameter(f"there is no {what} '{name}'{hint(name, known)}", param_hint=option)
    return names
