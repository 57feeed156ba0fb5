"""Schneider Electric's Order Status API as published, with field names of its sister APIs where they are not.

OAuth2 client credentials, a search whose pages past the end repeat the last one, order, item and shipment schedules.
An order shows no time of its last update, and nothing of an item shows in the search: only the order's own words do.
"""

import zlib
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.faults import Faults
from bot.sandbox.world import STATUS_CODES, WORDS, Step, World, WorldLine, WorldOrder, WorldShipment

CLIENT_ID = "sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - opens nothing but this twin

LIFETIME = timedelta(hours=1)
"""Of a token."""
PATH = "/v1/supply-chain/order-status"
MOST_ON_A_PAGE = 100

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Tokens:
    """The tokens given out so far, by the world's clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ends: dict[str, datetime] = {}
        self.given = 0

    def give(self) -> str:
        """A new token: 28 characters, as the gateway writes them."""
        self.given += 1
        token = f"SandboxToken{self.given:016d}"
        self._ends[token] = self._world.now() + LIFETIME
        return token

    def revoke(self) -> None:
        """Let no token given so far open anything any more."""
        self._ends.clear()

    def trouble_with(self, token: str) -> str | None:
        """The gateway's error code for a token; None if it is good."""
        if token not in self._ends:
            return "keymanagement.service.invalid_access_token"
        if self._world.now() >= self._ends[token]:
            return "keymanagement.service.access_token_expired"
        return None


TOKENS = web.AppKey("tokens", Tokens)


def application(world: World, account: str, faults: Faults) -> web.Application:
    """The twin of one account: `/token`, and the API under PATH. Its Tokens are at `TOKENS`."""
    tokens = Tokens(world)
    twin = _Twin(world, account)
    app = web.Application(middlewares=[faults.middleware, _gateway(tokens)])
    app[TOKENS] = tokens
    app.router.add_post("/token", _token)
    order = f"{PATH}/orders/{{country}}/{{number}}"
    app.router.add_get(f"{PATH}/orders/{{country}}", twin.search)
    app.router.add_get(order, twin.order)
    app.router.add_get(f"{order}/{{item}}", twin.item)
    app.router.add_get(f"{order}/{{item}}/shipment-schedules", twin.schedules)
    return app


def settings(base: str) -> dict[str, Any]:
    """The entry under `sources:` for the twin served at `base`."""
    return {
        "kind": "schneider",
        "base_url": f"{base}{PATH}",
        "token_url": f"{base}/token",
        "countries": ["FR"],
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


def purchaser_id(order: WorldOrder) -> str:
    """The five digits by which the shop knows the customer."""
    return f"{10000 + zlib.crc32(order.customer.encode()) % 90000}"


class _Twin:
    def __init__(self, world: World, account: str) -> None:
        self._world = world
        self._account = account

    async def search(self, request: web.Request) -> web.Response:
        country, query = request.match_info["country"], request.query
        if not (len(country) == 2 and country.isalpha() and country.isupper()):
            return _error(400, "INVALID_COUNTRY", "The country must be two capital letters")
        if 0 < len(query.get("order-number", "")) < 3:
            return _error(400, "INVALID_ORDER_NUMBER", "The order number must have at least 3 characters")
        page, size = query.get("page", "1"), query.get("page-size", "10")
        if not (page.isdecimal() and size.isdecimal() and int(page) and int(size)):
            return _error(400, "INVALID_PAGE", "page and page-size must be numbers from 1 on")
        newest_first = self._world.orders(self._account)[::-1]
        orders = [order for order in newest_first if order.country == country and _passes(order, query)]
        on_a_page = min(int(size), MOST_ON_A_PAGE)
        pages = -(-len(orders) // on_a_page)
        shown = max(1, min(int(page), pages))
        rows = orders[(shown - 1) * on_a_page : shown * on_a_page]
        return web.json_response(
            {
                "orderList": [_header(order) for order in rows],
                "pagination": {"totalNumberOfRecords": len(orders), "pageNumber": shown, "totalNumberOfPages": pages},
            }
        )

    async def order(self, request: web.Request) -> web.Response:
        order = self._find(request)
        if order is None:
            return _no_order()
        return web.json_response(_header(order) | {"itemList": [_item(order, line) for line in order.lines]})

    async def item(self, request: web.Request) -> web.Response:
        order = self._find(request)
        if order is None:
            return _no_order()
        for line in order.lines:
            if line.number == request.match_info["item"]:
                return web.json_response({"orderNumber": order.number} | _item(order, line))
        return _error(404, "ITEM_NOT_FOUND", "The order has no such item")

    async def schedules(self, request: web.Request) -> web.Response:
        order, item = self._find(request), request.match_info["item"]
        if order is None:
            return _no_order()
        schedules = [_schedule(shipment) for shipment in order.shipments if shipment.line_number == item]
        if not schedules:
            return _error(404, "SCHEDULE_NOT_FOUND", "The item has no shipment schedule")
        names = {"orderNumber": order.number, "itemNumber": item}
        return web.json_response(names | {"shipmentScheduleList": schedules})

    def _find(self, request: web.Request) -> WorldOrder | None:
        """The order of the path; a number without its leading zeros is understood."""
        number = request.match_info["number"]
        order = self._world.order(self._account, number) or self._world.order(self._account, number.zfill(10))
        return order if order and order.country == request.match_info["country"] else None


def _gateway(tokens: Tokens) -> Any:
    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/token":
            return await handler(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        code = tokens.trouble_with(token) if scheme == "Bearer" else "oauth.v2.InvalidAccessToken"
        if code is None:
            return await handler(request)
        fault = {"faultstring": "Invalid Access Token", "detail": {"errorcode": code}}
        return web.json_response({"fault": fault}, status=401)

    return let_in


async def _token(request: web.Request) -> web.Response:
    form = await request.post()
    if form.get("grant_type") != "client_credentials":
        return _token_error(400, "unsupported_grant_type", "Only client_credentials is supported")
    if _client(request, form) != (CLIENT_ID, CLIENT_SECRET):
        return _token_error(401, "invalid_client", "Client credentials are invalid")
    token = request.app[TOKENS].give()
    lifetime = str(int(LIFETIME.total_seconds()) - 1)
    return web.json_response({"access_token": token, "token_type": "BearerToken", "expires_in": lifetime})


def _client(request: web.Request, form: Any) -> tuple[Any, Any]:
    """Id and secret, from the Authorization header or else from the form."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return form.get("client_id"), form.get("client_secret")
    try:
        name, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (NoBase64, UnicodeDecodeError):
        return None, None
    return name, secret


def _token_error(status: int, code: str, words: str) -> web.Response:
    return web.json_response({"ErrorCode": code, "Error": words}, status=status)


def _error(status: int, code: str, words: str) -> web.Response:
    return web.json_response({"code": code, "userMessage": words, "developerMessage": None}, status=status)


def _no_order() -> web.Response:
    return _error(404, "ORDER_NOT_FOUND", "The account has no such order in this country")


def _passes(order: WorldOrder, query: Any) -> bool:
    asked = {name: query.get(name, "") for name in ("order-number", "order-status", "purchaser-id")}
    return (
        order.number.startswith(asked["order-number"])
        and asked["order-status"] in ("", STATUS_CODES[order.step])
        and asked["purchaser-id"] in ("", purchaser_id(order))
    )


def _header(order: WorldOrder) -> dict[str, Any]:
    """What the search shows of an order, and the order itself beside its items."""
    cents = sum(line.quantity * line.price_cents for line in order.lines if not line.cancelled)
    return {
        "orderNumber": order.number,
        "purchaseOrderNumber": order.reference,
        "orderStatusCode": STATUS_CODES[order.step],
        "orderStatusName": order.word,
        "orderDate": _instant(order.ordered_at),
        "purchaserId": purchaser_id(order),
        "purchaserName": order.customer,
        "totalAmount": cents / 100,
        "currencyCode": "EUR",
    }


def _item(order: WorldOrder, line: WorldLine) -> dict[str, Any]:
    step: Step = order.line_step(line.number)
    return {
        "itemNumber": line.number,
        "catalogNumber": line.product,
        "itemDescription": line.description,
        "quantity": line.quantity,
        "itemStatusCode": STATUS_CODES[step],
        "itemStatusName": WORDS["schneider"][step],
        "netPrice": line.price_cents / 100,
        "confirmedDeliveryDate": line.promised.isoformat(),
    }


def _schedule(shipment: WorldShipment) -> dict[str, Any]:
    return {
        "scheduleNumber": f"{shipment.id:010d}",
        "quantity": shipment.quantity,
        "confirmedDeliveryDate": shipment.promised.isoformat(),
        "actualShipDate": _instant(shipment.dispatched_at) if shipment.dispatched_at else None,
        "trackingList": [
            {
                "trackingNumber": package.tracking_number,
                "carrier": package.carrier,
                "trackingUrl": package.tracking_url,
            }
            for package in shipment.packages
        ],
    }


def _instant(value: datetime) -> str:
    """As the quote API of the same portal writes it: milliseconds, and an offset without a colon."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "+0000"
