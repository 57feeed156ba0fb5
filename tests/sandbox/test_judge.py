"""The judge must catch what is missed, told twice or made up, and must not be fooled by numbers that stand around."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.chats._text import plain_line
from bot.core.render import render
from bot.model.change import Change, Kind
from bot.model.moment import from_day, from_instant
from bot.model.order import Order, Package, Status
from bot.sandbox.accepted import Accepted
from bot.sandbox.judge import Verdict, judge
from bot.sandbox.world import Fact

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HERE = ("slack", "C1")


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def fact(second: float, kind: str, needle: str, *also: str, order: str = "0045001007") -> Fact:
    return Fact(at(second), "schneider", order, kind, needle, also, (order,))


def message(second: float, text: str, *, place: str = "C1") -> Accepted:
    return Accepted(at(second), "slack", place, f"{second}", text, {})


def verdict(facts: list[Fact], messages: list[Accepted], *, calm: float = 100) -> Verdict:
    return judge(facts, messages, {HERE: ["schneider"]}, baseline=START, calm=at(calm))


CONFIRMED = "🔄 Status · 0045001007 · PO 4711: Order received → Confirmed\nschneider · seen Mon 5 Jan 2026, 10:00 CET"
SHIPPED = "🔄 Status · 0045001007 · PO 4711: Confirmed → Shipped\nschneider · seen Mon 5 Jan 2026, 10:00 CET"


def test_told_once_is_clean() -> None:
    found = verdict([fact(1, "status", "Confirmed")], [message(2, CONFIRMED)])
    assert (found.changes, found.messages, found.is_clean) == (1, 1, True)


def test_a_fact_nobody_was_told_is_missed() -> None:
    found = verdict([fact(1, "status", "Confirmed"), fact(5, "status", "Shipped")], [message(2, CONFIRMED)])
    assert len(found.missed) == 1
    assert "Shipped" in found.missed[0]


def test_a_message_that_tells_the_same_again_is_a_duplicate() -> None:
    found = verdict([fact(1, "status", "Confirmed")], [message(2, CONFIRMED), message(3, CONFIRMED)])
    assert (len(found.duplicates), found.missed, found.false) == (1, (), ())


CARD = "🚚 Order 0045001007 · PO 4711 · Shipped\nLast news: Status\nschneider · seen Mon 5 Jan 2026, 10:00 CET"


def test_a_card_is_no_news_and_tells_nothing() -> None:
    found = verdict([fact(1, "status", "Shipped")], [message(2, CARD)])
    assert (found.cards, found.messages, len(found.missed), found.false) == (1, 0, 1, ())


def test_a_second_card_of_an_order_in_one_place_is_a_duplicate() -> None:
    found = verdict([], [message(2, CARD), message(3, CARD.replace("Shipped", "Delivered"))])
    assert len(found.duplicates) == 1
    assert "second card" in found.duplicates[0]


def test_a_message_that_says_it_may_be_a_repeat_is_counted_apart() -> None:
    marked = CONFIRMED.replace("Confirmed\n", "Confirmed (may be a repeat)\n")
    found = verdict([fact(1, "status", "Confirmed")], [message(2, CONFIRMED), message(3, marked)])
    assert (found.repeats, found.is_clean) == (1, True)


def test_a_message_about_what_never_happened_is_false() -> None:
    found = verdict([fact(1, "status", "Confirmed")], [message(2, CONFIRMED), message(3, SHIPPED)])
    assert (len(found.false), found.duplicates, found.missed) == (1, (), ())


def test_what_is_told_before_it_happens_is_false_and_then_missed() -> None:
    found = verdict([fact(5, "status", "Confirmed")], [message(2, CONFIRMED)])
    assert (len(found.false), len(found.missed)) == (1, 1)


def test_a_true_and_an_untrue_claim_in_one_message_are_false() -> None:
    text = f"{CONFIRMED}\nLine 000010: quantity 2 → 3"
    assert len(verdict([fact(1, "status", "Confirmed")], [message(2, text)]).false) == 1


def test_a_message_about_an_order_nobody_knows_is_false() -> None:
    found = verdict([], [message(2, CONFIRMED)])
    assert len(found.false) == 1


def test_the_old_word_before_the_arrow_tells_nothing() -> None:
    found = verdict([fact(1, "status", "Confirmed"), fact(2, "status", "Shipped")], [message(3, SHIPPED)])
    assert len(found.missed) == 1
    assert "Confirmed" in found.missed[0]


def test_a_date_that_only_stands_there_as_context_is_not_told() -> None:
    text = CONFIRMED.replace("\n", "\nDelivery promised for Fri 4 Sep 2026\n")
    moved = fact(1, "promise_moved", "2026-09-04", "4 Sep 2026")
    assert len(verdict([fact(1, "status", "Confirmed"), moved], [message(2, text)]).missed) == 1


def test_a_number_inside_a_longer_number_is_not_told() -> None:
    text = "🏷️ Tracking added · 0045001007 · Shipped\nTracking: DHL 123456\nschneider · seen now"
    found = verdict([fact(1, "tracking_added", "12345")], [message(2, text)])
    assert (len(found.missed), len(found.false)) == (1, 1)


def test_the_same_word_twice_needs_two_messages() -> None:
    facts = [fact(1, "status", "Shipped"), fact(5, "moved_backwards", "Shipped"), fact(9, "status", "Shipped")]
    back = "⚠️ Moved backwards · 0045001007: Delivered → Shipped"
    told = [message(2, SHIPPED), message(6, back), message(10, SHIPPED)]
    assert verdict(facts, told).is_clean
    assert len(verdict(facts, told[:2]).missed) == 1
    assert len(verdict(facts, [*told, message(11, SHIPPED)]).duplicates) == 1


def test_two_facts_of_one_sort_may_share_one_late_message() -> None:
    facts = [fact(1, "dispatched", "000010"), fact(5, "dispatched", "000020")]
    text = "🚚 Dispatched · 0045001007 · Shipped\nDispatched: lines 000010, 000020"
    assert verdict(facts, [message(6, text)]).is_clean


def test_a_message_in_a_place_where_nobody_listens_is_false() -> None:
    told = [message(2, CONFIRMED), message(2, CONFIRMED, place="C-elsewhere")]
    found = verdict([fact(1, "status", "Confirmed")], told)
    assert (len(found.false), found.missed) == (1, ())


def test_each_place_has_to_be_told() -> None:
    hears = {HERE: ["schneider"], ("telegram", "-100"): ["schneider"]}
    told = [message(2, CONFIRMED)]
    found = judge([fact(1, "status", "Confirmed")], told, hears, baseline=START, calm=at(100))
    assert (found.changes, len(found.missed)) == (2, 1)
    assert "telegram -100" in found.missed[0]


def test_news_of_an_account_that_a_place_does_not_hear_of_is_false_there() -> None:
    found = judge(
        [fact(1, "status", "Confirmed")],
        [message(2, CONFIRMED)],
        {HERE: ["stateset"]},
        baseline=START,
        calm=at(100),
    )
    assert (found.changes, len(found.false)) == (0, 1)


def test_facts_before_the_baseline_or_after_calm_are_not_owed_but_may_be_told() -> None:
    facts = [fact(-5, "status", "Confirmed"), fact(50, "status", "Shipped")]
    assert verdict(facts, [], calm=40).is_clean
    assert verdict(facts, [message(60, CONFIRMED), message(61, SHIPPED)], calm=40).is_clean


@pytest.mark.parametrize(
    "text",
    [
        "👀 Now watching · panels: 12 orders at schneider",
        "🔌 Source failing · schneider (Schneider Electric)\nHTTP 503",
        "🆕 Unknown status · schneider: Zulu\nFirst seen on order 0045001007.",
    ],
)
def test_notices_are_no_news_of_orders(text: str) -> None:
    found = verdict([], [message(2, text)])
    assert (found.notices, found.messages, found.is_clean) == (1, 0, True)


def test_the_parts_of_a_split_message_are_one() -> None:
    first, footer = CONFIRMED.split("\n")
    parts = [message(2, f"{first} (1/2)\nTracking: DHL 1"), message(3, f"{first} (2/2)\n{footer}")]
    found = verdict([fact(1, "status", "Confirmed")], parts)
    assert (found.messages, found.is_clean) == (1, True)


def test_the_verdict_reads_as_sentences() -> None:
    text = str(verdict([fact(1, "status", "Confirmed")], [message(2, SHIPPED)]))
    assert text.startswith("1 changes to tell, 1 messages, 1 missed, 0 duplicates, 1 false")
    assert "slack C1 was not told: status of schneider 0045001007 (Confirmed)" in text


def moved(second: float, kind: str, thing: str, before: str, after: str, order: str = "0045001007") -> Fact:
    return Fact(at(second), "schneider", order, kind, after or before, (), (order,), thing, before, after)


DIGEST = """🗂️ News of 2 orders since Mon 5 Jan 2026, 10:00 CET
🔄 Status · 0045001007 · PO 4711: Order received → Confirmed → Shipped
    • Tracking: DHL 17
👀 Now watching · panels: 12 orders at schneider
✅ Completed · 0045001008: Shipped → Delivered
1 order is back where it began: 0045001009
schneider · seen Mon 5 Jan 2026, 10:00 CET"""
HAPPENED = [
    moved(1, "status", "status", "Order received", "Confirmed"),
    moved(2, "status", "status", "Confirmed", "Shipped"),
    moved(2, "tracking_added", "parcel 17", "", "17"),
    moved(3, "completed", "status", "Shipped", "Delivered", "0045001008"),
    moved(3, "quantity", "quantity 10", "5", "7", "0045001009"),
    moved(4, "quantity", "quantity 10", "7", "5", "0045001009"),
]


def test_each_entry_of_a_digest_is_judged_as_a_message_about_its_order() -> None:
    found = verdict(HAPPENED, [message(5, DIGEST)])
    assert (found.changes, found.messages, str(found).count("\n")) == (6, 1, 0)


def test_an_entry_that_is_missing_from_a_digest_is_missed_and_a_strange_one_is_false() -> None:
    without = DIGEST.replace("✅ Completed · 0045001008: Shipped → Delivered\n", "")
    assert len(verdict(HAPPENED, [message(5, without)]).missed) == 1
    assert len(verdict(HAPPENED[:3], [message(5, DIGEST)]).false) == 1


def test_a_step_that_a_path_leaves_out_is_missed() -> None:
    assert len(verdict(HAPPENED, [message(5, DIGEST.replace("→ Confirmed → Shipped", "→ Shipped"))]).missed) == 1


def test_an_entry_that_was_told_before_is_a_duplicate() -> None:
    again = [message(4, "✅ Completed · 0045001008: Shipped → Delivered"), message(5, DIGEST)]
    assert len(verdict(HAPPENED, again).duplicates) == 1


STORM = """🗂️ News of 3 orders since Mon 5 Jan 2026, 10:00 CET: 2 × Status, 1 × Completed
🔄 Status · 2 orders: Confirmed → Shipped
    • 0045001007 (PO 4711), 0045001008
✅ Completed · 0045001009: Shipped → Delivered · Tracking added, Line cancelled
schneider · seen Mon 5 Jan 2026, 10:00 CET"""
STORMED = [
    *(moved(1, "status", "status", "Confirmed", "Shipped", f"004500100{number}") for number in (7, 8)),
    moved(1, "completed", "status", "Shipped", "Delivered", "0045001009"),
    moved(1, "tracking_added", "parcel 17", "", "17", "0045001009"),
]


def test_each_name_in_a_summary_is_judged_as_told_what_stands_above_it() -> None:
    assert verdict(STORMED, [message(5, STORM)]).is_clean
    assert len(verdict(STORMED, [message(5, STORM.replace(", 0045001008", ""))]).missed) == 1
    assert len(verdict(STORMED[1:], [message(5, STORM)]).false) == 1


def test_the_parts_of_a_summary_are_judged_as_one() -> None:
    first, *rest = STORM.split("\n")
    parts = [f"{first} (1/2)\n" + "\n".join(rest[:1]), f"{first} (2/2)\n" + "\n".join(rest[1:])]
    found = verdict(STORMED, [message(5 + number, part) for number, part in enumerate(parts)])
    assert (found.messages, found.is_clean) == (1, True)


def test_what_cancels_out_before_anybody_was_told_need_not_be_told() -> None:
    back = [moved(1, "status", "status", "Confirmed", "On hold"), moved(2, "status", "status", "On hold", "Confirmed")]
    assert verdict(back, []).is_clean
    told = message(1.5, "🔄 Status · 0045001007: Confirmed → On hold")
    assert len(verdict(back, [told]).missed) == 1
    assert len(verdict(back[:1], []).missed) == 1


@pytest.mark.parametrize(
    ("numbers", "line"),
    [
        (("", "1", "2"), "🏷️ Tracking added · 0045001007\nTracking: DHL 2"),
        (("0", "1", "2"), "🏷️ Tracking replaced · 0045001007\nTracking: 0 → DHL 2"),
        (("0", "1", ""), "🏷️ Tracking removed · 0045001007\nTracking removed: 0"),
    ],
)
def test_a_parcel_may_be_told_by_what_its_numbers_come_to(numbers: tuple[str, str, str], line: str) -> None:
    first, then, last = numbers
    kinds = ["tracking_replaced" if first else "tracking_added", "tracking_replaced" if last else "tracking_removed"]
    facts = [moved(1, kinds[0], "parcel", first, then), moved(2, kinds[1], "parcel", then, last)]
    assert verdict(facts, [message(3, line)]).is_clean


PARCEL = Package(key="1Z9", tracking_number="1Z9", carrier="UPS", tracking_url="https://ups.example/1Z9")
NEWS: list[tuple[Change, Fact]] = [
    (Change(kind=Kind.APPEARED, after="Shipped"), fact(1, "appeared", "0045001007")),
    (Change(kind=Kind.STATUS, before="Confirmed", after="Shipped"), fact(1, "status", "Shipped")),
    (Change(kind=Kind.DISPATCHED, line="000010", at=from_instant(START)), fact(1, "dispatched", "000010")),
    (Change(kind=Kind.DISPATCHED, shipment="2600100701"), fact(1, "dispatched", "2600100701")),
    (Change(kind=Kind.DISPATCHED, shipment="order"), fact(1, "dispatched", "Dispatched")),
    (Change(kind=Kind.UNDISPATCHED, line="000010"), fact(1, "undispatched", "000010")),
    (Change(kind=Kind.TRACKING_ADDED, after="1Z9", package=PARCEL), fact(1, "tracking_added", "1Z9")),
    (Change(kind=Kind.TRACKING_REPLACED, before="0", after="1Z9", package=PARCEL), fact(1, "tracking_replaced", "1Z9")),
    (Change(kind=Kind.TRACKING_REMOVED, before="1Z9", line="000010"), fact(1, "tracking_removed", "1Z9")),
    (
        Change(
            kind=Kind.PROMISE_MOVED,
            field="delivery_promised",
            before=from_day(date(2026, 9, 1)),
            after=from_day(date(2026, 9, 4)),
        ),
        fact(1, "promise_moved", "2026-09-04", "4 Sep 2026"),
    ),
    (Change(kind=Kind.LINE_ADDED, line="000020", after="137 × GV2ME10"), fact(1, "line_added", "GV2ME10")),
    (Change(kind=Kind.LINE_CANCELLED, line="000010", before="Open"), fact(1, "line_cancelled", "000010")),
    (Change(kind=Kind.QUANTITY, line="000010", before="2", after="137"), fact(1, "quantity", "137")),
    (Change(kind=Kind.CANCELLED, before="Confirmed", after="Cancelled"), fact(1, "cancelled", "Cancelled")),
    (Change(kind=Kind.COMPLETED, before="Shipped", after="Delivered"), fact(1, "completed", "Delivered")),
    (Change(kind=Kind.MOVED_BACKWARDS, before="Delivered", after="Shipped"), fact(1, "moved_backwards", "Shipped")),
    (Change(kind=Kind.VANISHED), fact(1, "vanished", "0045001007")),
    (Change(kind=Kind.REAPPEARED), fact(1, "reappeared", "0045001007")),
]


@pytest.mark.parametrize(("change", "happened"), NEWS, ids=lambda value: str(getattr(value, "kind", "")))
def test_the_words_of_the_product_for_each_kind_are_understood(change: Change, happened: Fact) -> None:
    order = Order(source="panels", key="FR/0045001007", number="0045001007", status=Status(text="Shipped"))
    zone = ZoneInfo("Europe/Paris")
    said = render(order, [change], source="panels", seen_at=from_instant(START), zone=zone)
    text = "\n".join(plain_line(line, zone) for line in (said.headline, *said.body))
    assert (
        str(verdict([happened], [message(2, text)])) == "1 changes to tell, 1 messages, 0 missed, 0 duplicates, 0 false"
    )
