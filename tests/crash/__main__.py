"""Kills the program and holds what people were told against what happened: `python -m tests.crash --kills 200`.

Several worlds live side by side, each with a seed of its own; `--arenas 1 --seed S --kills K` runs one again.
Exit code 1 if a promise broke or a point was never reached.
"""

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.crash.arena import Arena, Outcome
from tests.crash.points import ALL, FIRST_LIFE
from tests.crash.proof import moment_in


async def kill(number: int, seed: int, arenas: int, *, looks_back: bool = True) -> list[Outcome]:
    """Kill the program `number` times, in `arenas` worlds at once. `looks_back`: whether Slack can be read back."""
    with tempfile.TemporaryDirectory(prefix="orderwatch-crash-") as folder:
        shares = [number // arenas + (index < number % arenas) for index in range(arenas)]
        made = [
            Arena(seed + index, share, Path(folder) / str(index), looks_back=looks_back)
            for index, share in enumerate(shares)
        ]
        for arena in made:
            arena.folder.mkdir()
        return await asyncio.gather(*(arena.run() for arena in made))


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """One line for each point, and one for all together."""
    rows = [_row(point, outcomes) for point in dict.fromkeys((*FIRST_LIFE, *ALL))]
    heads = ("point", "kills", "missed", "repeated", "twice", "false", "recovered in (worst)")
    lines = [heads, *(row for row in rows if row[1] != "0"), _row(None, outcomes)]
    return ["  ".join(f"{cell:<28}" if not n else f"{cell:>8}" for n, cell in enumerate(line)) for line in lines]


def _row(point: str | None, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    deaths = [death for one in outcomes for death in one.deaths if point in (None, death.kill.point)]
    times = [death.recovered for death in deaths if death.recovered is not None]
    recovered = f"{statistics.median(times):.2f} s ({max(times):.2f} s)" if times else "-"
    missed = repeated = twice = false = 0
    for one in outcomes:
        missed += _share(point, one, _moments(one, one.verdict.missed), came_before=False)
        repeated += _share(point, one, one.repeats, came_before=True)
        twice += _share(point, one, _moments(one, one.verdict.duplicates), came_before=True)
        false += _share(point, one, _moments(one, one.verdict.false), came_before=True)
    return (point or "all", *map(str, (len(deaths), missed, repeated, twice, false)), recovered)


def _moments(outcome: Outcome, lines: Sequence[str]) -> list[datetime]:
    return [moment_in(line, outcome.deaths[-1].at) for line in lines]


def _share(point: str | None, outcome: Outcome, moments: Sequence[datetime], *, came_before: bool) -> int:
    """How many of these moments have a kill at this point as the one that came last before them (or first after)."""
    count = 0
    for at in moments:
        near = [death for death in outcome.deaths if (death.at <= at if came_before else death.at >= at)]
        nearest = (near[-1] if came_before else near[0]) if near else None
        count += point is None or bool(nearest and nearest.kill.point == point)
    return count


def main() -> int:
    """Run, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--arenas", type=int, default=5, help="worlds at the same time")
    parser.add_argument("--blind", action="store_true", help="Slack without the scopes to read back what was sent")
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # it tells of every client that was killed
    started = time.monotonic()
    print(f"{arguments.kills} kills, seed {arguments.seed}, {arguments.arenas} worlds at once", flush=True)
    outcomes = asyncio.run(kill(arguments.kills, arguments.seed, arguments.arenas, looks_back=not arguments.blind))
    print("\n".join(table(outcomes)))
    for one in outcomes:
        print(
            f"seed {one.seed}: {len(one.deaths)} kills, {one.verdict.changes} changes to tell, "
            f"{one.verdict.messages} messages, {one.verdict.notices} notices; marked as possible repeats {one.marked}, "
            f"of which second copies {len(one.repeats)}"
        )
    never = set(ALL) - {death.kill.point for one in outcomes for death in one.deaths if death.reached}
    unreached = sum(not death.reached for one in outcomes for death in one.deaths)
    broken = [line for one in outcomes for line in one.broken]
    print(*broken, sep="\n")
    if arguments.kills >= 2 * len(ALL) and never:
        broken.append(f"never reached: {', '.join(sorted(never))}")
        print(broken[-1])
    print(f"{unreached} kills did not find their point in time and struck later; {time.monotonic() - started:.0f} s")
    print("promises held" if not broken else f"{len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
