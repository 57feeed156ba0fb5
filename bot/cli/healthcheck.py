"""`orderwatch healthcheck`: whether the bot that works on this database is alive."""

import socket
from collections.abc import Mapping
from datetime import UTC, datetime

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._fleet import leases_of, standing, unknown, without_signs
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json
from bot.cli._store import ask
from bot.errors import StorageError
from bot.model.lease import Holding, Standing
from bot.model.moment import Moment, instant_of

LONGEST_SILENCE = 60.0
"""Seconds. Loops give a sign of life several times as often, also while they wait."""


@click.command()
@common_options
def command(invocation: Invocation) -> int:
    """Exit 0 if the running bot is alive, else 1 with the reason.

    Alive is a bot of which every loop gave a sign of life in the last 60 seconds, and that was not stopped.

    Where workers share the database: if one on this machine did, and somebody works on every lease, and on whatever is
    in this config. Other workers that are silent are named.
    """
    store = read_store(invocation)
    remarks: list[str] = []
    try:
        shared = standing(store)
        if shared is None or shared.alone or not shared.workers:
            silences = _silences(ask(store.database, lambda views: views.beats()), datetime.now(UTC))
            reasons = reasons_against(silences)
        else:
            silences = {worker.name: round(worker.silent, 1) for worker in shared.workers}
            reasons = reasons_against_workers(shared, socket.gethostname()) + unknown(shared, leases_of(store))
            remarks = without_signs(shared.workers, longer_than=LONGEST_SILENCE)
    except StorageError as error:
        silences, reasons = {}, [str(error)]
    alive = {name: silence for name, silence in silences.items() if abs(silence) <= LONGEST_SILENCE}
    silent = {name: silence for name, silence in silences.items() if name not in alive}
    if invocation.json:
        say_json({"ok": not reasons, "alive": alive, "silent": silent, "reasons": reasons})
        return Exit.FAILED if reasons else Exit.DONE
    if reasons:
        complain("; ".join(reasons))
    else:
        say(f"alive: {', '.join(sorted(alive))}")
    for line in remarks:
        complain(line)
    return Exit.FAILED if reasons else Exit.DONE


def reasons_against(silences: Mapping[str, float]) -> list[str]:
    """Why the bot is not healthy, from the seconds since each loop's last sign of life; empty when it is."""
    if not silences:
        return ["no bot runs on this database; start it with `orderwatch run`"]
    return [
        f"{loop} has been silent for {silence:.0f} s"
        if silence > 0
        else f"{loop} was last heard {-silence:.0f} s ahead of the clock, and not since that was set back"
        for loop, silence in sorted(silences.items())
        if abs(silence) > LONGEST_SILENCE
    ]


def reasons_against_workers(found: Standing, host: str) -> list[str]:
    """Why the workers are not healthy, seen from the machine `host`; empty when they are."""
    reasons = []
    if not any(worker.host == host and worker.silent <= LONGEST_SILENCE for worker in found.workers):
        reasons.append(
            "no worker on this machine gives signs of life; start one with `orderwatch run --engine postgres`"
        )
    lost = [held for held in found.holdings if held.worker is None and held.silent > LONGEST_SILENCE]
    reasons += [f"nobody has worked on the lease {_named(held)} for {held.silent:.0f} s" for held in lost]
    return reasons


def _named(held: Holding) -> str:
    return f"{held.lease} ({', '.join(held.sources)})" if held.sources else held.lease


def _silences(beats: Mapping[str, Moment], now: datetime) -> dict[str, float]:
    instants = {loop: instant_of(at) for loop, at in beats.items()}
    return {loop: round((now - at).total_seconds(), 1) for loop, at in instants.items() if at is not None}
