"""The source against StateSet's twin: what happens in the world is what is read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast, get_args

import pytest

from bot.clock import ManualClock
from bot.core.diff import diff
from bot.errors import AnswerUnreadable, OrderNotFound, SourceRefused
from bot.model.order import Order
from bot.model.poll import Scope
from bot.ports import Source
from bot.sandbox.faults import Faults
from bot.sandbox.stateset import Style, application, settings
from bot.sandbox.world import World, WorldOrder
from bot.sources.stateset import Settings, build
from tests.sources.serving import serving


@dataclass
class Shop:
    """A world with one StateSet account, and the source that watches it."""

    world: World
    base: str
    source: Source

    async def order(self, number: str) -> Order:
        return self.source.parse(number, await self.source.fetch(number))


@asynccontextmanager
async def shop(style: Style = "path", **overrides: Any) -> AsyncIterator[Shop]:
    clock = ManualClock()
    world = World(clock, accounts=["stateset"])
    async with serving(application(world, "stateset", Faults(), style=style)) as base:
        source = build("shop", Settings.model_validate(settings(base) | overrides), clock)
        yield Shop(world, base, source)
        await source.close()


@pytest.mark.parametrize("style", get_args(Style))
async def test_every_order_can_be_had_whichever_way_the_account_understands(style: str) -> None:
    async with shop(cast(Style, style)) as here:
        for order in here.world.orders("stateset"):
            assert (await here.order(order.number)).number == order.name


async def test_the_listing_shows_every_order_newest_first() -> None:
    async with shop() as here:
        [page] = [page async for page in here.source.pages(Scope(), {})]
        numbers = [order.number for order in here.world.orders("stateset")]
    assert list(page.keys) == numbers[::-1]
    assert page.is_last


async def test_the_listing_is_narrowed_by_status() -> None:
    async with shop() as here:
        [page] = [page async for page in here.source.pages(Scope((("status", "shipped"),)), {})]
    assert {row.order.status.word for row in page.listed or () if row.order} == {"Shipped"}


async def test_what_the_listing_and_the_order_both_tell_is_the_same() -> None:
    async with shop() as here:
        [page] = [page async for page in here.source.pages(Scope(), {})]
        for row in page.listed or ():
            assert row.order is not None
            assert diff(row.order, await here.order(row.key)) == ()


async def test_an_unchanged_world_answers_the_same_bytes() -> None:
    async with shop() as here:
        for order in here.world.orders("stateset"):
            assert await here.source.fetch(order.number) == await here.source.fetch(order.number)


HAPPENINGS: list[Callable[[World, WorldOrder], Any]] = [
    World.confirm,
    World.start_production,
    World.dispatch,
    World.deliver,
    World.cancel,
    World.add_tracking,
    World.add_line,
    lambda world, order: world.change_quantity(order, "000010", 77),
    lambda world, order: world.cancel_line(order, "000010"),
    lambda world, order: world.move_promise(order, order.promised.replace(year=2031)),
]


@pytest.mark.parametrize("happen", HAPPENINGS)
async def test_everything_that_happens_is_read_as_the_change_it_is(happen: Callable[[World, WorldOrder], Any]) -> None:
    async with shop() as here:
        order = here.world.place("stateset")
        before = await here.order(order.number)
        told = len(here.world.facts)
        happen(here.world, order)
        changes = diff(before, await here.order(order.number))
    assert sorted(change.kind for change in changes) == sorted(fact.kind for fact in here.world.facts[told:])


async def test_a_vanished_order_is_not_found() -> None:
    async with shop() as here:
        order = here.world.orders("stateset")[0]
        here.world.vanish(order)
        with pytest.raises(OrderNotFound, match="RESOURCE_NOT_FOUND: Order not found"):
            await here.source.fetch(order.number)


@pytest.mark.parametrize("wrong", [{"token": "sk_wrong"}, {"auth_scheme": "Bearer"}, {"auth_header": "X-API-Key"}])
async def test_wrong_credentials_are_refused(wrong: dict[str, Any]) -> None:
    async with shop(**wrong) as here:
        with pytest.raises(SourceRefused) as caught:
            await here.source.fetch("ord_1")
    assert "sk_" not in str(caught.value)


async def test_a_wrong_base_url_is_said_and_is_no_missing_order() -> None:
    async with shop() as here:
        wrong = Settings.model_validate(settings(here.base) | {"base_url": f"{here.base}/v9"})
        source = build("shop", wrong, ManualClock())
        with pytest.raises(AnswerUnreadable, match="check base_url"):
            await source.fetch(here.world.orders("stateset")[0].number)
        await source.close()
