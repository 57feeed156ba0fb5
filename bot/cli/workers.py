"""`orderwatch workers`: who works on a shared database, and on what."""

from datetime import UTC, datetime

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._fleet import leases_of, standing, unknown, without_signs
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say_json, say_table
from bot.cli._times import shown
from bot.model.lease import STALL, Holding, Standing
from bot.model.moment import Moment, from_instant


@click.command()
@common_options
def command(invocation: Invocation) -> int:
    """Say which worker holds which lease, and what is in it.

    Leases that nobody holds come first. Without --engine postgres there are no leases: one process does everything.
    """
    store = read_store(invocation)
    found = standing(store)
    if found is None or not (found.workers or found.holdings):
        complain("no workers share this database; `orderwatch run --engine postgres` starts one")
        return Exit.NOTHING
    if found.alone is not None:
        complain(f"{found.alone} works here alone and does everything; workers are kept out until it is stopped")
        return Exit.NOTHING
    if invocation.json:
        say_json(_as_data(found))
        return Exit.DONE
    rows = [
        [
            held.lease,
            _holder(held),
            _since(held, store.timezone),
            f"{held.silent:.0f} s ago",
            ", ".join(held.sources),
        ]
        for held in sorted(found.holdings, key=lambda held: (held.worker is not None, held.lease))
    ]
    say_table(["lease", "worker", "since", "renewed", "sources"], rows, color=invocation.color)
    for line in (*remarks(found), *unknown(found, leases_of(store))):
        complain(line)
    return Exit.DONE


def remarks(found: Standing) -> list[str]:
    """What the leases do not show: workers that have none, and those that give no sign of life."""
    busy = {held.worker for held in found.holdings}
    alive = [worker.name for worker in found.workers if worker.silent <= STALL]
    idle = [name for name in alive if name not in busy]
    return [
        *([f"without any lease: {', '.join(idle)}"] if idle else []),
        *without_signs(found.workers, longer_than=STALL),
    ]


def _holder(held: Holding) -> str:
    return held.worker or (f"{held.gone}, silent for {held.silent:.0f} s" if held.gone else "nobody")


def _since(held: Holding, timezone: str) -> str:
    return shown(_at(held.since), timezone)


def _at(instant: datetime) -> Moment:
    return from_instant(instant.astimezone(UTC))


def _as_data(found: Standing) -> dict[str, object]:
    return {
        "workers": [
            {
                "name": worker.name,
                "host": worker.host,
                "pid": worker.pid,
                "since": _at(worker.started_at) if worker.started_at else None,
                "silent_seconds": round(worker.silent, 1),
            }
            for worker in found.workers
        ],
        "leases": [
            {
                "name": held.lease,
                "worker": held.worker,
                "silent_worker": held.gone,
                "since": _at(held.since),
                "renewed_seconds_ago": round(held.silent, 1),
                "sources": list(held.sources),
            }
            for held in found.holdings
        ],
    }
