"""StateSet as its "Retrieve Order" page shows it: Token auth, orders wrapped in `order`, a list by limit and offset."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.faults import Faults
from bot.sandbox.world import World, WorldLine, WorldOrder

TOKEN = "sk_test_sandbox"  # noqa: S105 - opens nothing but this twin
"""What the twin accepts after `Authorization: Token`."""

Style = Literal["path", "body", "plural"]
"""Which way of asking for one order works: `/order/ID/retrieve`, `/order/retrieve` with a body, `/orders/ID`."""


def application(world: World, account: str, faults: Faults, *, style: Style = "path") -> web.Application:
    """The twin of one account, under `/v1`."""
    twin = _Twin(world, account)
    app = web.Application(middlewares=[faults.middleware, _authorised])
    match style:
        case "path":
            app.router.add_get("/v1/order/{id}/retrieve", twin.retrieve)
        case "body":
            app.router.add_get("/v1/order/retrieve", twin.retrieve_by_body)
        case "plural":
            app.router.add_get("/v1/orders/{id}", twin.retrieve)
    app.router.add_get("/v1/orders", twin.orders)
    app.router.add_route("*", "/{anything:.*}", _no_route)
    return app


def settings(base: str) -> dict[str, Any]:
    """The entry under `sources:` for the twin served at `base`."""
    return {"kind": "stateset", "base_url": f"{base}/v1", "token": TOKEN}


class _Twin:
    def __init__(self, world: World, account: str) -> None:
        self._world = world
        self._account = account

    async def retrieve(self, request: web.Request) -> web.Response:
        return self._order(request.match_info["id"])

    async def retrieve_by_body(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
        except ValueError:
            return _error(400, "VALIDATION_ERROR", "The request body is not valid JSON", "invalid_request_error")
        if not isinstance(asked, dict) or not isinstance(asked.get("id"), str):
            return _error(400, "VALIDATION_ERROR", "The id is missing", "invalid_request_error")
        return self._order(asked["id"])

    async def orders(self, request: web.Request) -> web.Response:
        try:
            limit, offset = int(request.query.get("limit", "10")), int(request.query.get("offset", "0"))
        except ValueError:
            limit = offset = -1
        if not 1 <= limit <= 100 or offset < 0:
            return _error(400, "VALIDATION_ERROR", "limit must be 1 to 100, offset 0 or more", "invalid_request_error")
        orders = [order for order in self._world.orders(self._account) if _passes(order, request)]
        orders.sort(key=lambda order: (order.ordered_at, order.number), reverse=True)
        page = [_facts(order) for order in orders[offset : offset + limit]]
        return web.json_response({"orders": page, "total": len(orders)})

    def _order(self, number: str) -> web.Response:
        order = self._world.order(self._account, number)
        if order is None:
            return _error(404, "RESOURCE_NOT_FOUND", "Order not found", "not_found_error")
        return web.json_response({"order": _facts(order)})


@web.middleware
async def _authorised(request: web.Request, handler: Any) -> web.StreamResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return _error(401, "MISSING_AUTH_HEADER", "No Authorization header was sent", "authentication_error")
    if scheme != "Token":
        return _error(401, "INVALID_TOKEN_FORMAT", "Send Authorization: Token <token>", "authentication_error")
    if token != TOKEN:
        return _error(401, "INVALID_API_KEY", "The API key is not valid", "authentication_error")
    answer: web.StreamResponse = await handler(request)
    return answer


async def _no_route(_: web.Request) -> web.Response:
    return _error(404, "ROUTE_NOT_FOUND", "The requested URL does not exist", "invalid_request_error")


def _error(status: int, code: str, message: str, kind: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "type": kind, "details": {}}}, status=status)


def _passes(order: WorldOrder, request: web.Request) -> bool:
    status, email = request.query.get("status"), request.query.get("customer_email")
    since = request.query.get("updated_after", "")
    return (
        (not status or order.word.lower() == status.lower())
        and (not email or _email(order) == email)
        and _instant(order.updated_at) > since
    )


def _facts(order: WorldOrder) -> dict[str, Any]:
    parcels = [package.tracking_number for shipment in order.shipments for package in shipment.packages]
    return {
        "id": order.number,
        "name": order.reference,
        "order_number": order.name,
        "created_date": _instant(order.ordered_at),
        "updated_date": _instant(order.updated_at),
        "order_status": order.word,
        "imported_status": "Completed",
        "delivery_date": f"{order.promised.isoformat()}T12:00:00Z",
        "ordered_by": order.customer,
        "delivery_address": f"{order.customer}, 1 Rue de la Paix, 75002 Paris",
        "notes": "Please handle with care",
        "imported_date": _instant(order.ordered_at),
        "customer_number": "CUST-6789",
        "customer_name": order.customer,
        "import": True,
        "customer_email": _email(order),
        "source": "Online Store",
        "buyer_email": _email(order),
        "buyer_message": "",
        "cancel_order_sla_time": None,
        "cancel_reason": None,
        "cancellation_initiator": None,
        "fulfillment_type": "Standard",
        "delivery_type": "Home Delivery",
        "is_cod": False,
        "is_replacement_order": False,
        "seller_note": "",
        "status": order.word,
        "tracking_number": ", ".join(parcels) or None,
        "warehouse_id": "wh_2MXYQoDp7cGc2LRup7D9PXvF",
        "order_line_items": [_item(order, line) for line in order.lines],
    }


def _item(order: WorldOrder, line: WorldLine) -> dict[str, Any]:
    return {
        "id": "oli_" + hashlib.sha256(f"{order.number} {line.number}".encode()).hexdigest()[:24],
        "wholesale_order_id": order.number,
        "product_name": line.description,
        "quantity": str(line.quantity),
        "created_date": _instant(order.ordered_at),
        "updated_date": _instant(order.ordered_at),
        "unit": "piece",
        "product_id": f"prod_{line.product}",
        "brand": "Example Brand",
        "stock_code": line.product,
        "size": None,
        "status": "Cancelled" if line.cancelled else "In Stock",
        "sale_price": line.price_cents,
        "seller_discount": 0,
        "seller_sku": line.product,
        "sku_id": f"sku_{line.product}",
        "sku_image": "https://example.com/images/product.jpg",
        "sku_name": line.description,
        "sku_type": "Standard",
        "original_price": line.price_cents,
    }


def _email(order: WorldOrder) -> str:
    name = re.sub(r"[^a-z]+", ".", order.customer.lower()).strip(".")
    return f"{name or 'customer'}@example.com"


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
