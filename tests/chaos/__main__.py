"""Kills, freezes and cuts off workers on one database: `python -m tests.chaos --seconds 60 --seed 1`.

Their clocks differ by minutes, and the database goes away once. With `--standby` nothing happens but that: the server
dies, and a standby that has not heard of the last seconds takes over. `--no-fence` lets a worker write although it does
not hold the lease: then the same run must fail. Exit code 1 if a promise broke.
"""

import argparse
import asyncio
import logging
import sys
import time

from tests.chaos.proof import Chaos


def main() -> int:
    """Run, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-fence", action="store_true")
    parser.add_argument("--standby", action="store_true")
    arguments = parser.parse_args()
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


if __name__ == "__main__":
    sys.exit(main())
