"""`orderwatch sandbox`: a small world of orders and both chats on this machine, to try all of it without an account."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import yaml

from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json, say_table
from bot.errors import OrderwatchError
from bot.sandbox.accepted import Accepted
from bot.sandbox.faults import CONTROL_PATH
from bot.sandbox.server import Sandbox

_MARK = "# Written by `orderwatch sandbox`; written anew by the next one."
_LOOK_EVERY = 0.2
"""Seconds between two looks at what the chats have accepted."""


@click.command()
@click.option("--port-base", type=click.IntRange(1, 65500), help="First of five ports.  [default: any that are free]")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same world.")
@click.option(
    "--speed",
    type=click.FloatRange(1.0, 100_000.0),
    default=1200.0,
    show_default=True,
    help="How much faster than real life orders live.",
)
@click.option("--orders", type=click.IntRange(1, 10_000), default=6, show_default=True, help="Orders of each account.")
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the config to a file.",
)
@click.option("--minutes", type=click.FloatRange(0.001), help="End by itself after that long.")
@common_options
def command(
    invocation: Invocation,
    port_base: int | None,
    seed: int,
    speed: float,
    orders: int,
    write: Path | None,
    minutes: float | None,
) -> int:
    """Serve the order APIs, Slack and Telegram on this machine. All three suppliers are there, with orders that live.

    Shows a config that watches it all, and then every message that is sent. Faults are set by HTTP:

    \b
    curl -d '{"kind": "status", "status": 503, "times": 5}' ADDRESS/_sandbox/faults
    """
    sandbox = Sandbox(seed=seed, speed=speed, orders_per_account=orders, port_base=port_base or 0)
    bound = timedelta(minutes=minutes).total_seconds() if minutes else None
    try:
        return asyncio.run(_serve(sandbox, invocation, write, bound))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OrderwatchError(f"the sandbox cannot start: {error.strerror or error}") from error


async def _serve(sandbox: Sandbox, invocation: Invocation, write: Path | None, bound: float | None) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with sandbox:
        _introduce(sandbox, invocation, write)
        sandbox.begin()
        is_over = False
        try:
            async with asyncio.timeout(bound):
                await _show_accepted(sandbox, invocation, stop)
        except TimeoutError:
            is_over = True
        complain(f"{len(sandbox.world.facts)} facts happened, {len(sandbox.accepted)} messages were accepted")
        for violation in (*sandbox.slack.violations, *sandbox.telegram.violations):
            complain(f"against the rules of the chat: {violation}")
    return Exit.DONE if is_over else Exit.INTERRUPTED


def _introduce(sandbox: Sandbox, invocation: Invocation, write: Path | None) -> None:
    config = sandbox.config()
    if write:
        _write(write, sandbox)
    if invocation.json:
        say_json({"urls": sandbox.urls, "config": config})
        return
    rows = [[name, url, url + CONTROL_PATH] for name, url in sandbox.urls.items()]
    say_table(("name", "address", "faults"), rows, color=invocation.color)
    say()
    if write:
        say(f"Now try, in another terminal: orderwatch -c {write} run")
    else:
        say("# A watchlists.yaml for all of it; the secrets in it are made up.")
        click.echo(_as_yaml(config))


async def _show_accepted(sandbox: Sandbox, invocation: Invocation, stop: asyncio.Event) -> None:
    shown: set[tuple[str, str, str, str]] = set()
    while not stop.is_set():
        for one in sandbox.accepted:
            key = (one.chat, one.place, one.message_id, one.text)
            if key not in shown:
                shown.add(key)
                _show(one, invocation)
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                await stop.wait()
        except TimeoutError:
            continue


def _show(one: Accepted, invocation: Invocation) -> None:
    if invocation.json:
        say_json({"at": one.at.isoformat(), "chat": one.chat, "place": one.place, "text": one.text})
        return
    say(f"{one.at:%H:%M:%S} {one.chat} {one.place}")
    for line in one.text.split("\n"):
        say(f"  {line}")


def _write(path: Path, sandbox: Sandbox) -> None:
    """Write a config with a database of its own: orders of one sandbox are not those of the next."""
    if path.exists() and not path.read_text("utf-8", "replace").startswith(_MARK):
        raise OrderwatchError(f"{path} is there already and was not written by a sandbox; choose another name")
    database = f"{path.stem}-{sandbox.clock.now():%Y%m%d-%H%M%S}.db"
    try:
        path.write_text(f"{_MARK}\n{_as_yaml(sandbox.config(database=database))}", encoding="utf-8")
    except OSError as error:
        raise OrderwatchError(f"{path} cannot be written: {error.strerror or error}") from error


def _as_yaml(config: dict[str, Any]) -> str:
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
