"""2Service as it answers dealers: a session that falls asleep, OperationResults, in JSON or JSV."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.sandbox._servicestack_writer import write_json, write_jsv, write_pretty_jsv
from bot.sandbox.faults import Faults
from bot.sandbox.world import World, WorldOrder, WorldShipment

USERNAME = "dealer"
PASSWORD = "open & sesame"  # noqa: S105 - opens nothing but this twin
SESSION_IDLE = timedelta(minutes=5)
"""As the Authenticate page of the service says."""

_ZONE = ZoneInfo("Europe/Amsterdam")
_MEDIA_TYPES = {"json": "application/json", "jsv": "text/jsv", "html": "text/html"}


def application(world: World, account: str, faults: Faults) -> web.Application:
    """The twin of one account."""
    twin = _Twin(world, account)
    app = web.Application(middlewares=[faults.middleware])
    for suffix in ("", ".json", ".jsv"):
        app.router.add_post(f"/dealers/authenticate{suffix}", twin.authenticate)
        app.router.add_get(f"/dealers/order/tracking{suffix}", twin.tracking)
        app.router.add_get(f"/dealers/shipments{suffix}", twin.shipments)
        app.router.add_get(rf"/dealers/shipment/{{id:\d+}}{suffix}", twin.shipment)
    return app


def settings(base: str) -> dict[str, Any]:
    """The entry under `sources:` for the twin served at `base`."""
    return {"kind": "twoservice", "base_url": base, "username": USERNAME, "password": PASSWORD}


class _Twin:
    def __init__(self, world: World, account: str) -> None:
        self._world = world
        self._account = account
        self._sessions: dict[str, datetime] = {}
        self._logins = 0

    async def authenticate(self, request: web.Request) -> web.Response:
        given = {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}
        if (given.get("UserName"), given.get("Password")) != (USERNAME, PASSWORD):
            return _failure(request, "Invalid user name or password.")
        self._logins += 1
        token = hashlib.sha256(f"session {self._logins}".encode()).hexdigest()[:32]
        self._sessions[token] = self._world.now()
        return _success(request, {"SessionToken": token})

    async def tracking(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        number = request.query.get("OrderNumber", "")
        if not number:
            return _error(request, 400, "ArgumentNullException", "Value cannot be null. (Parameter 'OrderNumber')")
        order = self._world.order(self._account, number)
        if order is None:
            return _failure(request, f"Order '{number}' could not be found.")
        return _success(request, _order(order))

    async def shipments(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        try:
            first = date.fromisoformat(request.query["DateFrom"])
            last = date.fromisoformat(request.query.get("DateTo", "9999-12-31"))
        except (KeyError, ValueError):
            return _error(request, 400, "ArgumentException", "DateFrom is required.")
        return _success(
            request,
            [
                _shipment(order, shipment)
                for order in self._world.orders(self._account)
                for shipment in order.shipments
                if first <= (shipment.dispatched_at or order.ordered_at).astimezone(_ZONE).date() <= last
            ],
        )

    async def shipment(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        for order in self._world.orders(self._account):
            for shipment in order.shipments:
                if str(shipment.id) == request.match_info["id"]:
                    return _success(request, _shipment(order, shipment))
        return _failure(request, "Shipment could not be found.")

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = request.query.get("SessionToken", "")
        used_at = self._sessions.get(token)
        now = self._world.now()
        if used_at is None or now - used_at > SESSION_IDLE:
            self._sessions.pop(token, None)
            return _failure(request, "Session has expired, please authenticate again.")
        self._sessions[token] = now
        return None


def _order(order: WorldOrder) -> dict[str, Any]:
    return {
        "OrderNumber": order.number,
        "OrderDate": _local(order.ordered_at),
        "Status": order.word,
        "Shipments": [_shipment(order, shipment) for shipment in order.shipments],
    }


def _shipment(order: WorldOrder, shipment: WorldShipment) -> dict[str, Any]:
    line = next(line for line in order.lines if line.number == shipment.line_number)
    return {
        "ShipmentId": shipment.id,
        "HasBeenDispatched": shipment.dispatched_at is not None,
        "DispatchDate": _local(shipment.dispatched_at) if shipment.dispatched_at else None,
        "Articles": [
            {
                "OrderNumber": order.number,
                "ArticleNumber": line.product,
                "Quantity": shipment.quantity,
                "CustomReference": order.reference,
            }
        ],
        "Packages": [
            {
                "ShipmentMethod": package.carrier,
                "TrackingNumber": package.tracking_number,
                "TrackingUrl": package.tracking_url,
            }
            for package in shipment.packages
        ],
    }


def _local(instant: datetime) -> datetime:
    """A wall clock in Amsterdam, of .NET's unspecified kind."""
    return instant.astimezone(_ZONE).replace(tzinfo=None)


def _success(request: web.Request, result: Any) -> web.Response:
    return _answer(request, {"Result": result, "IsSuccessful": True})


def _failure(request: web.Request, message: str) -> web.Response:
    return _answer(request, {"IsSuccessful": False, "ErrorMessage": message})


def _error(request: web.Request, status: int, code: str, message: str) -> web.Response:
    return _answer(request, {"ResponseStatus": {"ErrorCode": code, "Message": message, "Errors": []}}, status)


def _answer(request: web.Request, value: dict[str, Any], status: int = 200) -> web.Response:
    form = _form(request)
    if form == "json":
        body = write_json(value)
    elif form == "jsv":
        body = write_pretty_jsv(value, _ZONE) if "pretty" in request.query else write_jsv(value, _ZONE)
    else:
        body = "<!DOCTYPE html><html><body><h1>Snapshot report by ServiceStack</h1></body></html>"
    return web.Response(body=body.encode(), status=status, content_type=_MEDIA_TYPES[form], charset="utf-8")


def _form(request: web.Request) -> str:
    """The suffix goes first, then `?format=`, then Accept; a browser's Accept gets a page for people."""
    suffix = request.path.rpartition(".")[2]
    if suffix in ("json", "jsv"):
        return suffix
    if request.query.get("format") in ("json", "jsv"):
        return request.query["format"]
    accept = request.headers.get("Accept", "")
    return "jsv" if "text/jsv" in accept else "json" if "application/json" in accept else "html"
