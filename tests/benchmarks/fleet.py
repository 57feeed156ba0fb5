"""Several workers on one PostgreSQL: how much more two do than one, what sharing costs, and how long accounts wait.

Every order of many accounts is due each second, more than two workers can do, at a supplier that answers after 50 ms.
So a worker is limited by its CPU alone: each account allows four requests at a time, which is eighty a second, and its
orders want less than fifty; the budgets are out of the way. One look in two hundred finds a change.

All of it shares the cores of this machine: two workers have two cores less what PostgreSQL, the supplier and other
programs take. Two bare clients against one, on the same supplier in the same run, say what that leaves. What two would
do with a core each is reckoned from the CPU that a look takes of them.
"""

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import aiohttp

from bot.cli._process import run_async
from tests.benchmarks.accounts import Accounts, accounts
from tests.benchmarks.figure import Figure, at_least, figure, longest, under
from tests.benchmarks.machines import Cpu, Machines, machines
from tests.benchmarks.size import Size

ORDERS = 48
"""Of each account, each due once a second."""
FEW = 8
"""The same where nobody is to be short of CPU."""
IN_FLIGHT = 1024
"""Requests of a bare client at a time: more than its CPU can do in the time that an answer takes."""
SETTLED = 4
"""In such a part of the time for which something is watched it has come to go its usual way."""


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen for a while."""

    seconds: float
    looks: int
    changes: int
    cpu: Cpu

    @property
    def rate(self) -> float:
        """Looks a second."""
        return self.looks / self.seconds

    def ms(self, cpu: float) -> float:
        """Milliseconds of this CPU a look."""
        return 1e3 * cpu / max(self.looks, 1)


def measure(size: Size) -> Iterator[Figure]:
    """Throughput, then what leases and writes cost PostgreSQL, then how long accounts wait when workers come and go."""
    with accounts(size.accounts, size.accounts * ORDERS) as served, machines(served) as fleet:
        nobody = _watch(fleet, size.window)
        ones, twos, bare = _busy(fleet, size)
        yield from _throughput(ones, twos, bare)
        yield from _costs(nobody, _asleep(fleet, size), twos)
        yield from _coming_and_going(fleet, size)


# How much more two do


def _busy(fleet: Machines, size: Size) -> tuple[list[Window], list[Window], list[float]]:
    """One worker and two in turn, and how much more two bare clients do than one."""
    config, orders = fleet.config("busy", orders=ORDERS, every="1s"), ORDERS * size.accounts
    fleet.start("a", config)
    fleet.until(lambda: fleet.is_true(f"select count(*) = {orders} from orders where seq > 0"))
    ones, twos = [], []
    for _ in range(_rounds(size)):
        time.sleep(size.window / SETTLED)
        ones.append(_watch(fleet, size.window))
        fleet.start("b", config)
        fleet.until(lambda: fleet.is_shared_by("a", "b"))
        time.sleep(size.window / SETTLED)
        twos.append(_watch(fleet, size.window))
        fleet.stop("b")
        fleet.until(lambda: fleet.is_shared_by("a"))
    fleet.stop("a")
    bare = [_bare(fleet.accounts, size) for _ in range(_rounds(size))]
    return ones, twos, bare


def _throughput(ones: Sequence[Window], twos: Sequence[Window], bare: Sequence[float]) -> Iterator[Figure]:
    yield figure("looks a second, one worker", "1/s", [one.rate for one in ones])
    yield figure("looks a second, two workers", "1/s", [two.rate for two in twos])
    gain = [two.rate / one.rate for one, two in zip(ones, twos, strict=True)]
    yield figure("two workers against one", "×", gain, aim=at_least(1.8))
    each_its_core = [2 * one.ms(one.cpu.workers) / two.ms(two.cpu.workers) for one, two in zip(ones, twos, strict=True)]
    yield figure("two workers against one, had each a core of its own", "×", each_its_core, aim=at_least(1.8))
    yield figure("two bare clients against one, same supplier", "×", bare)
    for who, windows in (("one worker", ones), ("two workers", twos)):
        yield figure(f"CPU a look, {who}", "ms", [each.ms(each.cpu.workers) for each in windows])
        yield figure(f"CPU a look, supplier of {who}", "ms", [each.ms(each.cpu.supplier) for each in windows])
        took = [each.cpu.others / each.seconds for each in windows]
        yield figure(f"other programs meanwhile, {who}", "cores", took)


def _bare(served: Accounts, size: Size) -> float:
    """How much more two clients do than one, which only GET and hash, each in a process of its own."""
    rates = []
    for clients in (1, 2):
        context = multiprocessing.get_context("spawn")
        parts = [served.urls[each::clients] for each in range(clients)]
        asking = [context.Process(target=_ask, args=(part,), daemon=True) for part in parts]
        served.asked()
        for client in asking:
            client.start()
        while not served.asked().looks:
            time.sleep(size.window / SETTLED)
        time.sleep(size.window / SETTLED)
        began = time.monotonic()
        served.asked()
        time.sleep(size.window / 2)
        rates.append(served.asked().looks / (time.monotonic() - began))
        for client in asking:
            client.kill()
            client.join()
    return rates[1] / rates[0]


def _ask(urls: Sequence[str]) -> None:
    run_async(_ask_for_ever(urls))


async def _ask_for_ever(urls: Sequence[str]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(part: Sequence[str]) -> None:
            while True:
                for url in part:
                    async with session.get(url) as response:
                        blake2b(await response.read(), digest_size=12).digest()

        await asyncio.gather(*(one(urls[each::IN_FLIGHT]) for each in range(min(IN_FLIGHT, len(urls)))))


# What sharing costs


def _asleep(fleet: Machines, size: Size) -> Window:
    """Two workers that hold everything, and nothing is due."""
    config = fleet.config("asleep", orders=ORDERS, every="1d")
    fleet.start("a", config)
    fleet.start("b", config)
    fleet.until(lambda: fleet.is_shared_by("a", "b"))
    fleet.until(lambda: not _watch(fleet, size.window / SETTLED).looks)
    time.sleep(5 * size.window)  # what is done once, half a minute after the start, is over then
    found = _watch(fleet, 2 * size.window)
    fleet.end()
    return found


def _costs(nobody: Window, asleep: Window, busy: Sequence[Window]) -> Iterator[Figure]:
    alone = nobody.cpu.postgres / nobody.seconds
    leases = asleep.cpu.postgres / asleep.seconds - alone
    whole = [each.cpu.postgres - alone * each.seconds for each in busy]
    yield figure("PostgreSQL that nobody uses", "cores", [alone])
    yield figure("leases of two workers, PostgreSQL", "cores", [leases])
    yield figure("leases of two workers, both of them", "cores", [asleep.cpu.workers / asleep.seconds])
    yield figure(
        "PostgreSQL a look, all it does for two workers",
        "ms CPU",
        [each.ms(cost) for each, cost in zip(busy, whole, strict=True)],
        aim=under(0.05),
    )
    yield figure("PostgreSQL a look, leases alone", "ms CPU", [each.ms(leases * each.seconds) for each in busy])
    writes = [cost - leases * each.seconds for each, cost in zip(busy, whole, strict=True)]
    yield figure(
        "PostgreSQL a change, read, written and told",
        "ms CPU",
        [1e3 * max(cost, 0.0) / max(each.changes, 1) for each, cost in zip(busy, writes, strict=True)],
    )


# When workers come and go


def _coming_and_going(fleet: Machines, size: Size) -> Iterator[Figure]:
    """With a lease of so many seconds, and orders that are due once a second."""
    config, times = fleet.config("calm", orders=FEW, every="1s"), (size.lease, size.lease / 6, size.lease * 5 / 3)
    fleet.start("a", config, times)
    fleet.until(lambda: fleet.is_shared_by("a"))
    joined: list[float] = []
    left, killed = [], []
    for _ in range(_rounds(size)):
        joined.append(_join(fleet, config, times))
        left.append(_pauses(fleet, size, is_killed=False))
        joined.append(_join(fleet, config, times))
        killed.append(_pauses(fleet, size, is_killed=True))
    yield figure(
        f"a worker begins, and has its half after, in leases of {size.lease:g} s",
        "s",
        joined,
        aim=under(2 * size.lease),
    )
    for what, aim, found in (("stopped", under(2), left), (f"killed, stall {times[2]:g} s", under(15), killed)):
        yield figure(f"a worker is {what}: its accounts wait, half of them", "s", list(map(statistics.median, found)))
        yield longest(f"a worker is {what}: its accounts wait, longest", "s", list(map(max, found)), aim=aim)


def _join(fleet: Machines, config: Path, times: tuple[float, float, float]) -> float:
    """Seconds from the start of the process."""
    fleet.start("b", config, times)
    return fleet.until(lambda: fleet.is_shared_by("a", "b"))


def _pauses(fleet: Machines, size: Size, *, is_killed: bool) -> list[float]:
    """The longest time for which nobody asked for an order of each account that the second worker had."""
    time.sleep(size.window / SETTLED)
    concerned = fleet.accounts_of("b")
    fleet.accounts.asked()
    (fleet.kill if is_killed else fleet.stop)("b")
    fleet.until(lambda: fleet.is_shared_by("a"))
    time.sleep(size.window / SETTLED)
    pauses = fleet.accounts.asked().pauses
    return [pauses[each] for each in concerned]


def _rounds(size: Size) -> int:
    return max(1, size.rounds // 2)


def _watch(fleet: Machines, seconds: float) -> Window:
    fleet.accounts.asked()
    began, before = time.monotonic(), fleet.cpu()
    time.sleep(seconds)
    asked, cpu = fleet.accounts.asked(), fleet.cpu() - before
    return Window(time.monotonic() - began, asked.looks, asked.changes, cpu)
