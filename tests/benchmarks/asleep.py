"""What watching costs where nothing is due: PostgreSQL's CPU by accounts, and with a hundred thousand orders asleep.

An account is an entry under `sources:`, and whoever works on it asks every half minute whether time alone made news
there. Orders are rows, and one that is not due is touched by nobody. So both are counted apart: some accounts with an
order each, eight times as many, and these with all the orders.
"""

import time
from collections.abc import Iterator

from tests.benchmarks.accounts import accounts
from tests.benchmarks.figure import Figure, at_most, figure
from tests.benchmarks.machines import Machines, machines
from tests.benchmarks.size import Size

TIMES_MORE = 8
RHYTHM = 5
"""So many windows are watched at once: whatever is done twice a minute is among it."""
NOTHING = 0.01
"""Cores within which one watch differs from the next, whatever is asleep."""


def measure(size: Size) -> Iterator[Figure]:
    """Cores of PostgreSQL, and of the worker that holds everything."""
    many = size.accounts * TIMES_MORE
    each = -(-size.asleep // many)
    with accounts(size.accounts, size.accounts) as served, machines(served) as fleet:
        few_cost, few_work = _watched(fleet, size, orders=1)
    with accounts(many, many * each) as served, machines(served) as fleet:
        more_cost, more_work = _watched(fleet, size, orders=1)
        _multiply(fleet, each)
        most_cost, most_work = _watched(fleet, size, orders=each)
    for count, orders, cost, work in (
        (size.accounts, size.accounts, few_cost, few_work),
        (many, many, more_cost, more_work),
        (many, many * each, most_cost, most_work),
    ):
        what = f"{orders:,} orders asleep in {count:,} accounts"
        yield figure(f"{what}, PostgreSQL", "cores", [cost])
        yield figure(f"{what}, the worker", "cores", [work])
    yield figure(
        f"PostgreSQL for {many * (each - 1):,} orders more", "cores", [most_cost - more_cost], aim=at_most(NOTHING)
    )
    an_account = (more_cost - few_cost) / (many - size.accounts)
    yield figure("PostgreSQL for an account more", "µs CPU/s", [1e6 * an_account])


def _watched(fleet: Machines, size: Size, *, orders: int) -> tuple[float, float]:
    """Cores of PostgreSQL and of a worker, once everything has been looked at and nothing is due for a day."""
    fleet.start("a", fleet.config(f"{orders} each", orders=orders, every="1d"))
    fleet.until(lambda: fleet.is_true(f"select count(*) = {fleet.accounts.count * orders} from orders where seq > 0"))
    fleet.until(lambda: fleet.is_shared_by("a") and fleet.said("a", "event=watching") >= fleet.accounts.count)
    time.sleep(RHYTHM * size.window)  # what is done once at the start is over then
    began, before = time.monotonic(), fleet.cpu()
    time.sleep(RHYTHM * size.window)
    took, seconds = fleet.cpu() - before, time.monotonic() - began
    fleet.stop("a")
    return took.postgres / seconds, took.workers / seconds


def _multiply(fleet: Machines, each: int) -> None:
    """Copy the one order of each account to the keys of the others."""
    fleet.database.ask(
        f"""with made as (
                insert into orders select copy.* from orders, generate_series(1, {each - 1}) as n,
                    jsonb_populate_record(orders, jsonb_build_object('key',
                        'ord_' || lpad((substr(key, 5)::bigint + n * {fleet.accounts.count})::text, 24, '0'))) as copy
                returning 1)
            select count(*) from made"""
    )
