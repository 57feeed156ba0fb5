"""Where news of an order goes now, by the rules of the config."""

from bot.core.route import routes_of
from bot.desk.room import Room
from bot.model.change import Kind
from bot.model.route import Route
from bot.model.view import Found


def rules_of(room: Room, found: Found) -> dict[str, list[Route]]:
    """The rules by which news of an order goes now, by watchlist."""
    order, catalogue = found.snapshot.order, room.catalogue
    following: dict[str, list[Route]] = {}
    for watchlist in catalogue.following(found):
        taken = (route for kind in Kind for route in routes_of(kind, order, [watchlist], catalogue.catch_all))
        following[watchlist.name] = list(dict.fromkeys(taken))
    return following


def told_by_rules(room: Room, found: Found) -> set[str]:
    """Destinations to which a watchlist sends news of an order."""
    return {to for routes in rules_of(room, found).values() for route in routes for to in route.to}
