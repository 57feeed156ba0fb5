"""Lives through simulated weeks while everything goes wrong now and then: `python -m tests.soak --days 30 --minutes 8`.

The clock of program and sandbox runs some thousand times faster than the machine's. Exit code 1 if a promise broke.
"""

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.sandbox.world import ACCOUNTS
from tests.crash.proof import moment_in
from tests.soak.fast_clock import START
from tests.soak.month import DAY, Month, Result
from tests.soak.weather import AT_SUPPLIERS, Strike

CHATS = ("slack", "telegram")


async def soak(days: float, minutes: float, seed: int, *, orders: int = 10) -> Result:
    """So many simulated days in so many real minutes."""
    with tempfile.TemporaryDirectory(prefix="orderwatch-soak-") as folder:
        return await Month(days, minutes, seed, Path(folder), orders=orders).run()


def table(result: Result) -> Iterator[str]:
    """One line for each fault: how often it struck, what it did, and how long until that server answered well."""
    heads = ("suppliers", "chats", "missed", "repeated", "twice", "false")
    yield f"{'fault':<22}{''.join(f'{head:>10}' for head in heads)}  recovered in, simulated (worst)"
    verdict, strikes = result.verdict, result.strikes
    repeated = [last_before(strikes, at, [chat]) for chat, at in result.repeats]
    harm = (
        [first_after(strikes, *spoken_of(line)) for line in verdict.missed],
        repeated,
        [last_before(strikes, *spoken_of(line)) for line in verdict.duplicates],
        [last_before(strikes, *spoken_of(line)) for line in verdict.false],
    )
    for name in AT_SUPPLIERS:
        yield _line(name, [one for one in strikes if one.name == name], [names.count(name) for names in harm])
    yield _line("all", strikes, [len(names) for names in harm])
    yield f"marked as possible repeats {result.marked}, of which second copies {len(repeated)}"
    yield "notices: " + ", ".join(f"{count} {words}" for words, count in result.notices.most_common())


def _line(name: str, strikes: Sequence[Strike], harm: Sequence[int]) -> str:
    chats = sum(strike.server in CHATS for strike in strikes)
    times = [strike.recovered for strike in strikes if strike.recovered is not None]
    recovered = f"{statistics.median(times):.0f} s ({max(times):.0f} s)" if times else "-"
    counts = "".join(f"{count:>10}" for count in (len(strikes) - chats, chats, *harm))
    return f"{name:<22}{counts}  {recovered}"


def spoken_of(line: str) -> tuple[float, list[str]]:
    """The simulated second a sentence of the judge speaks of, and the servers it names."""
    names = [name for name in (*CHATS, *ACCOUNTS) if name in line]
    return (moment_in(line, START) - START).total_seconds(), names


def last_before(strikes: Sequence[Strike], at: float, servers: Sequence[str]) -> str | None:
    """The last fault of one of these servers before a moment: what came twice or is false was sent after it."""
    near = [strike for strike in strikes if strike.server in servers and strike.at <= at]
    return max(near, key=lambda strike: strike.at).name if near else None


def first_after(strikes: Sequence[Strike], at: float, servers: Sequence[str]) -> str | None:
    """The first fault after a moment: what happened then was lost at it."""
    near = [strike for strike in strikes if strike.server in servers and strike.at >= at]
    return min(near, key=lambda strike: strike.at).name if near else None


def body(result: Result, days: float) -> Iterator[str]:
    """Memory, descriptors and file, in tenths of the time."""
    samples, found = result.samples, result.contents
    tenth = max(1, len(samples) // 10)
    yield f"{'day':>5}{'memory MB':>11}{'open files':>12}{'database MB':>13}"
    for one in samples[::tenth]:
        day = (one.at - samples[0].at) / DAY
        yield f"{day:>5.1f}{one.memory / 1e6:>11.1f}{one.descriptors:>12}{one.database / 1e6:>13.2f}"
    rows = ", ".join(f"{count} {name}" for name, count in found.rows.items() if count)
    yield f"file: {found.size / 1e6:.2f} MB of pages for {found.data / 1e6:.2f} MB of values ({rows})"
    yield f"{found.versions} versions of orders, {found.size / max(1, found.versions) / 1000:.1f} kB of file for each"


def main() -> int:
    """Run, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=8.0, help="real time of it")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # it tells of every connection that is cut
    started = time.monotonic()
    result = asyncio.run(soak(arguments.days, arguments.minutes, arguments.seed))
    verdict = result.verdict
    print(f"{arguments.days:g} days in {arguments.minutes:g} minutes, seed {arguments.seed}")
    print(
        f"{result.events} events ({result.held_back} held back until the one before was told), "
        f"{verdict.changes} changes to tell, {verdict.messages} messages, {verdict.notices} notices, "
        f"{result.requests} requests\n"
    )
    print(*table(result), "", *body(result, arguments.days), "", *result.broken, sep="\n")
    print(f"{time.monotonic() - started:.0f} s; {'promises held' if not result.broken else 'BROKEN'}")
    return 1 if result.broken else 0


if __name__ == "__main__":
    sys.exit(main())
