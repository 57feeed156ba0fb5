"""The source against 2Service's twin: what happens in the world is what is read, in JSON and in JSV."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.clock import ManualClock
from bot.core.diff import diff
from bot.errors import OrderNotFound, SourceRefused
from bot.model.order import Order
from bot.model.poll import Scope
from bot.ports import Source
from bot.sandbox.faults import Faults
from bot.sandbox.twoservice import application, settings
from bot.sandbox.world import World, WorldOrder
from bot.sources._servicestack import read_jsv
from bot.sources.twoservice import Settings, build
from tests.sources.serving import serving


@dataclass
class Dealer:
    """A world with one 2Service account, and the source that watches it."""

    clock: ManualClock
    world: World
    faults: Faults
    base: str
    source: Source

    async def order(self, number: str) -> Order:
        return self.source.parse(number, await self.source.fetch(number))

    def another_source(self, **overrides: Any) -> Source:
        return build("parts", Settings.model_validate(settings(self.base) | overrides), self.clock)


@asynccontextmanager
async def dealer(**overrides: Any) -> AsyncIterator[Dealer]:
    clock = ManualClock()
    world, faults = World(clock, accounts=["twoservice"], orders_per_account=9), Faults()
    async with serving(application(world, "twoservice", faults)) as base:
        source = build("parts", Settings.model_validate(settings(base) | overrides), clock)
        yield Dealer(clock, world, faults, base, source)
        await source.close()


async def test_every_order_can_be_had_whatever_its_number_is_made_of() -> None:
    async with dealer() as here:
        for order in here.world.orders("twoservice"):
            assert (await here.order(order.number)).number == order.number
        assert any("/" in order.number for order in here.world.orders("twoservice"))


async def test_json_and_jsv_tell_the_same_orders() -> None:
    async with dealer() as here:
        in_jsv = here.another_source(format="jsv")
        for order in here.world.orders("twoservice"):
            payload = await in_jsv.fetch(order.number)
            assert payload.media_type == "text/jsv"
            assert in_jsv.parse(order.number, payload) == await here.order(order.number)
        await in_jsv.close()


async def test_json_and_jsv_give_the_same_hints() -> None:
    async with dealer() as here:
        in_jsv = here.another_source(format="jsv")
        [one], [other] = [[page async for page in source.pages(Scope(), {})] for source in (here.source, in_jsv)]
        await in_jsv.close()
    assert one.listed == other.listed
    assert one.keys


async def test_a_session_that_fell_asleep_is_renewed_without_anybody_noticing() -> None:
    async with dealer() as here:
        number = here.world.orders("twoservice")[0].number
        await here.source.fetch(number)
        await here.clock.advance(301)
        before = here.faults.requests
        await here.source.fetch(number)
    assert here.faults.requests == before + 2


async def test_an_unchanged_world_answers_the_same_bytes() -> None:
    async with dealer() as here:
        for order in here.world.orders("twoservice"):
            assert await here.source.fetch(order.number) == await here.source.fetch(order.number)


HAPPENINGS: list[Callable[[World, WorldOrder], Any]] = [
    World.dispatch,
    lambda world, order: world.dispatch(order, partial=True),
    World.deliver,
    World.cancel,
    World.add_tracking,
    lambda world, order: (world.add_tracking(order), world.replace_tracking(order)),
]


@pytest.mark.parametrize("form", ["json", "jsv"])
@pytest.mark.parametrize("happen", HAPPENINGS)
async def test_everything_that_happens_is_read_as_the_change_it_is(
    happen: Callable[[World, WorldOrder], Any], form: str
) -> None:
    async with dealer(format=form) as here:
        order = here.world.place("twoservice")
        before = await here.order(order.number)
        told = len(here.world.facts)
        happen(here.world, order)
        changes = diff(before, await here.order(order.number))
    kinds = {fact.kind for fact in here.world.facts[told:]} - {"tracking_replaced"}
    assert {change.kind for change in changes} == kinds


async def test_what_happens_to_an_order_moves_its_hint_and_no_other() -> None:
    async with dealer() as here:
        order = next(each for each in here.world.orders("twoservice") if each.here())
        [before] = [page async for page in here.source.pages(Scope(), {})]
        here.world.dispatch(order)
        [after] = [page async for page in here.source.pages(Scope(), {})]
    old, new = ({row.key: row.digest for row in page.listed or ()} for page in (before, after))
    assert [key for key in new if new[key] != old[key]] == [order.number]


async def test_a_vanished_order_is_not_found() -> None:
    async with dealer() as here:
        order = here.world.orders("twoservice")[0]
        here.world.vanish(order)
        with pytest.raises(OrderNotFound, match="could not be found"):
            await here.source.fetch(order.number)


async def test_a_wrong_password_is_refused_and_not_shown() -> None:
    async with dealer(password="guess & hope") as here:
        with pytest.raises(SourceRefused, match="Invalid user name or password") as caught:
            await here.source.fetch("1")
    assert "guess" not in str(caught.value)


async def test_the_twin_offers_suffixes_the_pretty_form_and_a_page_for_browsers() -> None:
    async with dealer() as here, aiohttp.ClientSession(here.base) as browser:
        credentials = {"UserName": "dealer", "Password": "open & sesame"}
        async with browser.post("/dealers/authenticate.json", params=credentials) as answer:
            token = (await answer.json())["Result"]["SessionToken"]
        asked = {"SessionToken": token, "OrderNumber": here.world.orders("twoservice")[0].number}
        bodies = {}
        for suffix, more in ((".jsv", {}), ("", {"format": "jsv", "pretty": "1"}), ("", {})):
            async with browser.get(f"/dealers/order/tracking{suffix}", params=asked | more) as answer:
                bodies[answer.content_type, len(more)] = await answer.text()
    assert bodies["text/jsv", 0].startswith("{Result:{OrderNumber:")
    assert bodies["text/jsv", 2].startswith("{\n\tResult: \n\t{")
    assert bodies["text/html", 0].startswith("<!DOCTYPE html>")


async def test_the_twin_ends_a_session_that_was_idle_for_more_than_five_minutes() -> None:
    said = []
    async with dealer() as here, aiohttp.ClientSession(here.base, headers={"Accept": "text/jsv"}) as browser:
        credentials = {"UserName": "dealer", "Password": "open & sesame", "format": "json"}
        async with browser.post("/dealers/authenticate", data=credentials) as answer:
            token = read_jsv(await answer.text())["Result"]["SessionToken"]
        for idle in (299, 299, 301):
            await here.clock.advance(idle)
            async with browser.get("/dealers/shipments?DateFrom=2026-01-01", params={"SessionToken": token}) as answer:
                said.append(read_jsv(await answer.text())["IsSuccessful"])
    assert said == ["True", "True", "False"]
