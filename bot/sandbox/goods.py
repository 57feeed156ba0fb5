"""What the orders of the sandbox are made of: goods, customers, carriers, and strings that mean harm."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.sandbox.orders import Step, WorldLine, WorldOrder, WorldPackage, WorldShipment


@dataclass(frozen=True, slots=True)
class Article:
    """Something that can be ordered."""

    product: str
    description: str
    price_cents: int


ARTICLES: dict[str, tuple[Article, ...]] = {
    "schneider": (
        Article("LC1D09M7", "TeSys Deca contactor 3P AC-3 9 A 220 V AC coil", 4120),
        Article("LC1D32P7", "TeSys Deca contactor 3P AC-3 32 A 230 V AC coil", 9870),
        Article("ATV320U07M2B", "Variable speed drive Altivar 320 0.75 kW 200-240 V", 28900),
        Article("NSYCRN325150P", "Spacial CRN wall-mounted enclosure 300 x 250 x 150", 7640),
        Article("GV2ME10", "TeSys GV2 motor circuit breaker 4-6.3 A", 5310),
        Article("A9F74216", "Acti9 iC60N circuit breaker 2P 16 A C", 6125),
        Article("XB4BS8442", "Emergency stop Ø40 <!channel> & *turn to release* \u202etupni\u202c", 3890),
        Article("ABLS1A24050", "Modicon power supply 24 V DC 5 A <b>100-240 V</b>", 11200),
    ),
    "stateset": (
        Article("TEE-NVY-M", "Organic tee navy M", 2999),
        Article("MUG-350-WHT", "Stoneware mug 350 ml white", 1490),
        Article("BAG-CANVAS", "Canvas bag 🛍️ “carry all” <script>alert(1)</script>", 3450),
        Article("LAMP-OAK-20", "Desk lamp oak 20 W", 8900),
        Article("SOCK-3PK", "Socks, pack of 3 @everyone", 1290),
        Article("NOTE-A5-DOT", "Notebook A5 dotted _[click](http://evil.example)_", 990),
    ),
    "twoservice": (
        Article("GH82-20446A", "Display assembly SM-A515F black", 6790),
        Article("661-13574", "Battery 3,110 mAh", 3990),
        Article("02351YCM", "Charging board USB-C", 1175),
        Article("GH96-12719A", "Rear camera module `48 MP`", 2450),
        Article("GH02-20962A", "Adhesive set ‏עברית‏ 🔧", 310),
        Article("9A2C-TOOL", "Opening tool {}[],:\"' kit", 590),
    ),
}

CUSTOMERS = (
    "Ateliers Morel SAS",
    "<!channel> & Söhne <b>",
    "Nordwind Anlagenbau GmbH",
    "شركة الأنوار \u202eelectric\u202c",
    "De Vries Telecom B.V.",
    "👷 Bau & Co. *KG* _@here_",
    "Instalaciones Ñandú, S.L.",
)

CARRIERS: tuple[tuple[str, str, str], ...] = (
    ("DHL Express", "JD0146000{:09d}", "https://www.dhl.com/en/express/tracking.html?AWB={}&brand=DHL"),
    ("UPS", "1Z999AA1{:010d}", "https://www.ups.com/track?tracknum={}"),
    ("PostNL", "3SDEVC{:09d}", "https://postnl.nl/tracktrace/?B={}&P=1011AB&D=NL&T=C"),
    ("DPD", "0998{:010d}", "https://tracking.dpd.de/status/en_US/parcel/{}"),
    ("Chronopost", "XF{:09d}FR", "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={}"),
)

STEPS: tuple[Step, ...] = ("placed", "confirmed", "in_production", "partly_shipped", "shipped", "delivered")
"""The way of an order that is never cancelled."""


def make_order(account: str, count: int, now: datetime, chance: random.Random) -> WorldOrder:
    """The order number `count` of an account, just placed at `now`. Equal arguments give equal orders."""
    number, name = _number(account, count)
    promised = workday(now.date() + timedelta(days=chance.randint(10, 40)))
    order = WorldOrder(
        account=account,
        number=number,
        name=name,
        reference=f"{now:%y}-{40000 + count * 3}",
        customer=CUSTOMERS[count % len(CUSTOMERS)],
        ordered_at=now,
        updated_at=now,
        promised=promised,
    )
    articles = chance.sample(ARTICLES[account], k=chance.randint(1, 3))
    for place, article in enumerate(articles):
        add_line(order, article, chance.randint(101, 998), promised, with_shipment=account != "stateset" or place == 0)
    return order


def add_line(
    order: WorldOrder, article: Article, quantity: int, promised: date, *, with_shipment: bool = True
) -> WorldLine:
    """Append a line, and the shipment that will carry it."""
    number = f"{10 * (len(order.lines) + 1):06d}"
    line = WorldLine(number, article.product, article.description, quantity, article.price_cents, promised)
    order.lines.append(line)
    if with_shipment:
        serial = int("".join(c for c in order.number if c.isdigit())[-7:] or 0)
        order.shipments.append(WorldShipment(serial * 100 + len(order.lines), number, quantity, promised))
    return line


def another_article(order: WorldOrder, chance: random.Random) -> Article:
    """An article of the order's account that the order does not have yet, if there is one."""
    ordered = {line.product for line in order.lines}
    free = [article for article in ARTICLES[order.account] if article.product not in ordered]
    return chance.choice(free or ARTICLES[order.account])


def make_package(serial: int, chance: random.Random) -> WorldPackage:
    """A parcel whose tracking number no other serial gives."""
    carrier, pattern, url = chance.choice(CARRIERS)
    tracking_number = pattern.format(serial * 7919 + 10_000_019)
    return WorldPackage(carrier, tracking_number, url.format(tracking_number))


def advance_silently(order: WorldOrder, step: Step, serials: Sequence[int], chance: random.Random) -> None:
    """Bring a fresh order to `step` as if that had happened before anybody looked; one serial for each shipment."""
    order.step = step
    if step in ("partly_shipped", "shipped", "delivered"):
        gone = order.shipments[:1] if step == "partly_shipped" else order.shipments
        for shipment, serial in zip(gone, serials, strict=False):
            shipment.dispatched_at = order.updated_at
            shipment.packages.append(make_package(serial, chance))
        if all(shipment.dispatched_at for shipment in order.shipments) and step == "partly_shipped":
            order.step = "shipped"


def workday(day: date) -> date:
    """That day, or the Monday after."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def _number(account: str, count: int) -> tuple[str, str]:
    if account == "schneider":
        return f"{45_001_000 + 7 * count:010d}", ""
    if account == "stateset":
        letters = random.Random(f"ord {count}")
        alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz"
        return "ord_1" + "".join(letters.choices(alphabet, k=25)), f"SO-{100_200 + 3 * count}"
    if count % 10 == 7:
        return f"WEB {26_001_000 + 9 * count}/A+#1", ""
    return f"{26_001_000 + 9 * count}", ""
