"""`orderwatch demo`: the whole product at work on this machine, without an account and without a network."""

import asyncio
import json
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot.app import App, open_app
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import printable, say, say_json
from bot.cli._process import StopSignal, run_async
from bot.clock import sleep_unless
from bot.config import load as config
from bot.model.order import Depth
from bot.model.outbox import Notification, State
from bot.sandbox.accepted import Accepted
from bot.sandbox.judge import Verdict, is_card
from bot.sandbox.seen import Heard
from bot.sandbox.server import SLACK_CHANNEL, TELEGRAM_PERSON, Sandbox

_SLACK_PERSON = "U0000000001"
_READERS_ZONE = ZoneInfo("Europe/Paris")
"""Of the sandbox's config, so that the time before an alert is the one in it."""
_LOOK_EVERY = 0.1
"""Seconds between two looks at what the chats have accepted."""
_FIRST_LOOK = 20.0
"""Seconds in which the first look at all orders must be done and told."""
_LAST_NEWS = 30.0
"""Seconds in which what happened last must be told."""
_QUIET = 2.5
"""Seconds without anything new, two polls, after which all that happened has been found."""
_OWED = (State.PENDING, State.SENDING)
"""What is found and not told yet: news of an order is gathered for a while."""
_NEWS_EVERY = 2.2
"""Seconds of life for each thing that happens: a chat takes one message a second, and a demo should not queue."""


@click.command()
@click.option("--seconds", type=click.IntRange(5, 3600), default=30, show_default=True, help="How long it lives.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same world.")
@common_options
def command(invocation: Invocation, seconds: int, seed: int) -> int:
    """Watch a small world of orders at three suppliers. The alerts arrive in Slack and Telegram.

    Suppliers and chats are stand-ins on this machine that speak the real protocols. At the end all that was told is
    held against what happened: exit code 1 if anything was missed, told twice, or false.
    """
    logging.getLogger("bot").setLevel(logging.INFO if invocation.verbose else logging.CRITICAL)
    return run_async(_run(invocation, seconds, seed))


async def _run(invocation: Invocation, seconds: int, seed: int) -> int:
    stop = StopSignal()
    most = max(3, int(seconds / _NEWS_EVERY))
    async with Sandbox(seed=seed, speed=2_000.0, dwell=4.0, most=most) as sandbox, _watching(sandbox) as app:
        demo = _Demo(sandbox, app, invocation, stop.event)
        demo.introduce(seconds)
        verdict = await demo.live(seconds)
        if stop.received:
            return Exit.INTERRUPTED
        demo.sum_up(verdict)
    return Exit.DONE if verdict.is_clean else Exit.FAILED


@asynccontextmanager
async def _watching(sandbox: Sandbox) -> AsyncIterator[App]:
    """The product, as `orderwatch run` would run it with the config that the sandbox gives, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="orderwatch-demo-") as folder:
        path = Path(folder) / "watchlists.yaml"
        path.write_text(json.dumps(sandbox.config(every="1s", listening=True)), encoding="utf-8")
        async with open_app(config.load(path, os.environ), sandbox.clock) as app:
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(stop))
            try:
                yield app
            finally:
                stop.set()
                await running


class _Demo:
    """One demo: what the chats accept is shown as it comes, while the world lives and then falls silent."""

    def __init__(self, sandbox: Sandbox, app: App, invocation: Invocation, stop: asyncio.Event) -> None:
        self._sandbox = sandbox
        self._app = app
        self._invocation = invocation
        self._stop = stop
        self._shown = 0
        self._answers: set[tuple[str, str]] = set()
        self._last_new_at = sandbox.clock.monotonic()
        self._is_owed = False

    def introduce(self, seconds: int) -> None:
        """Say what will be seen."""
        if self._invocation.json:
            return
        sources = ", ".join(self._sandbox.accounts)
        say(f"Orders live for {seconds} seconds at {sources}; the alerts arrive in Slack and Telegram.")
        say("All of them are stand-ins on this machine that speak the real protocols. Times are those of Paris.")
        say("Ctrl-C ends it.")

    async def live(self, seconds: int) -> Verdict:
        """Let the world live, show what is told, wait until all of it is, and judge it."""
        await self._show_until(self._is_baselined, _FIRST_LOOK)
        baseline = self._sandbox.clock.now()
        self._sandbox.begin()
        await self._show_until(lambda: False, seconds / 2)
        await self._ask()
        await self._show_until(lambda: False, seconds / 2)
        calm = self._sandbox.calm()
        self._last_new_at = self._sandbox.clock.monotonic()
        await self._show_until(self._is_quiet, _LAST_NEWS)
        return self._sandbox.verdict(baseline=baseline, calm=calm, answers=self._answers)

    def sum_up(self, verdict: Verdict) -> None:
        """Say how what was told compares with what happened."""
        if self._invocation.json:
            say_json({"summary": _summary(verdict, self._sandbox)})
            return
        say()
        say(
            f"{verdict.changes} changes to tell, counted once for each chat, in {verdict.messages} messages: "
            f"{len(verdict.missed)} missed, {len(verdict.duplicates)} duplicates, {len(verdict.false)} false."
        )
        for line in (*verdict.missed, *verdict.duplicates, *verdict.false):
            say(f"  {line}")

    async def _ask(self) -> None:
        """Somebody asks about an order in each chat, and sees the answer."""
        if self._stop.is_set():
            return
        sandbox = self._sandbox
        orders = sandbox.world.orders(sandbox.accounts[0])
        number = next((order for order in orders if order.shipments), orders[0]).number
        slack = await sandbox.slack.slash(_SLACK_PERSON, SLACK_CHANNEL, f"status {number}")
        self._show_answer("slack", f"/order status {number}", slack)
        telegram = await sandbox.telegram.say(TELEGRAM_PERSON, TELEGRAM_PERSON, number)
        self._show_answer("telegram", number, telegram)

    def _is_baselined(self) -> bool:
        summaries = [one for one in self._sandbox.accepted if "Now watching" in one.text]
        states = [state for poller in self._app.pollers.values() for state in poller.rounds.ledger.states.values()]
        read = all(state.depth is Depth.FULL or state.stage.is_final for state in states)
        return read and len(summaries) == len(self._sandbox.hears) * len(self._sandbox.accounts)

    def _is_quiet(self) -> bool:
        return not self._is_owed and self._sandbox.clock.monotonic() - self._last_new_at > _QUIET

    async def _show_until(self, is_done: Callable[[], bool], seconds: float) -> None:
        end = self._sandbox.clock.monotonic() + seconds
        while not is_done() and not self._stop.is_set() and self._sandbox.clock.monotonic() < end:
            await self._show_new()
            self._is_owed = bool(await self._app.storage.notifications(states=_OWED, limit=1))
            await sleep_unless(self._stop, _LOOK_EVERY, self._sandbox.clock)

    async def _show_new(self) -> None:
        accepted = self._sandbox.accepted
        while self._shown < len(accepted):
            one = accepted[self._shown]
            if (one.chat, one.message_id) in self._answers or is_card(one):
                self._shown += 1
                continue
            name = self._sandbox.names.get((one.chat, one.place), one.place)
            row = await self._app.storage.notification_behind(name, one.message_id)
            if row is None:
                return  # accepted a moment ago, not settled yet
            self._shown += 1
            self._last_new_at = self._sandbox.clock.monotonic()
            self._show(one, name, row)

    def _show(self, one: Accepted, name: str, row: Notification) -> None:
        if self._invocation.json:
            say_json(
                {
                    "chat": one.chat,
                    "destination": name,
                    "source": row.source,
                    "order": row.order,
                    "kinds": list(row.kinds),
                    "text": one.text,
                    "at": one.at.isoformat(),
                }
            )
            return
        self._show_lines(one.at, one.chat, name, one.text)

    def _show_lines(self, at: datetime, chat: str, place: str, text: str) -> None:
        headline, *rest = text.split("\n")
        time = click.style(f"{at.astimezone(_READERS_ZONE):%H:%M:%S}", dim=True)
        where = click.style(f"{chat.title()} · {place}", fg="magenta" if chat == "slack" else "cyan")
        click.echo(f"\n{time} {where}", color=self._colors)
        click.echo("  " + click.style(printable(headline), bold=True), color=self._colors)
        for line in rest:
            click.echo(f"  {printable(line)}", color=self._colors)

    def _show_answer(self, chat: str, question: str, heard: Heard) -> None:
        self._answers |= {(chat, one.message_id) for one in heard.seen}
        for one in heard.seen:
            if self._invocation.json:
                facts = {"chat": chat, "destination": one.place, "source": None, "order": None, "kinds": ["answer"]}
                say_json({**facts, "question": question, "text": one.text, "at": one.at.isoformat()})
            else:
                self._show_lines(one.at, chat, f"asked: {question}", one.text)

    @property
    def _colors(self) -> bool | None:
        """Colours only where click finds a terminal, and nobody asked for none."""
        return None if self._invocation.color else False


def _summary(verdict: Verdict, sandbox: Sandbox) -> dict[str, object]:
    return {
        "changes": verdict.changes,
        "messages": verdict.messages,
        "missed": len(verdict.missed),
        "duplicates": len(verdict.duplicates),
        "false": len(verdict.false),
        "notices": verdict.notices,
        "repeats": verdict.repeats,
        "violations": len(sandbox.slack.violations) + len(sandbox.telegram.violations),
        "details": [*verdict.missed, *verdict.duplicates, *verdict.false],
    }
