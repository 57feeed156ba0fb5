"""Kills, freezes and cuts off workers on one database: `python -m tests.chaos --seconds 60 --seed 1`.

Their clocks differ by minutes, and the database goes away once. With `--standby` nothing happens but that: the server
dies, and a standby that has not heard of the last seconds takes over. `--no-fence` lets a worker write although it does
not hold the lease: then the same run must fail. `--apart 45` drops the packets of a worker in a network of its own for
so many seconds. Exit code 1 if a promise broke, 2 if that cannot be tried here.
"""

import argparse
import asyncio
import logging
import sys
import time

from bot.model.database import Dsn
from tests import postgres
from tests.chaos import apart
from tests.chaos.proof import Chaos
from tests.loops.team import TIMES


def main() -> int:
    """Run, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-fence", action="store_true")
    parser.add_argument("--standby", action="store_true")
    parser.add_argument("--apart", type=float, metavar="SECONDS")
    arguments = parser.parse_args()
    if arguments.apart:
        return _apart(arguments.apart)
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # it tells of every client that was killed
    started = time.monotonic()
    is_fenced, has_standby = not arguments.no_fence, arguments.standby
    outcome = asyncio.run(Chaos(arguments.seconds, arguments.seed, is_fenced=is_fenced, has_standby=has_standby).run())
    print(", ".join(f"{what} × {count}" for what, count in sorted(outcome.happened.items())))
    print(
        f"{outcome.verdict.changes} changes, {outcome.verdict.messages} messages, of which came twice "
        f"{outcome.repeats}; writes of strangers {outcome.strangers}; {time.monotonic() - started:.0f} s"
    )
    if has_standby:
        print(f"all leases taken again {outcome.back_after:.1f} s after the standby took over")
    print(*outcome.broken, sep="\n")
    print("promises held" if not outcome.broken else f"{len(outcome.broken)} broken")
    return 1 if outcome.broken else 0


def _apart(seconds: float) -> int:
    try:
        outcome = asyncio.run(apart.cut_off(Dsn(postgres.server().make()), seconds))
    except (apart.Impossible, postgres.Unavailable) as why:
        print(f"cannot be tried here: {why}")
        return 2
    print(
        f"cut off for {seconds:.0f} s, lease {TIMES.lease} s, dead after {TIMES.stall} s: stopped after "
        f"{outcome.stopped_after:.1f} s, taken over after {outcome.taken_after:.1f} s, back {outcome.back_after:.1f} s "
        f"after it healed; {outcome.overlaps} leases worked on by both"
    )
    return 1 if outcome.overlaps else 0


if __name__ == "__main__":
    sys.exit(main())
