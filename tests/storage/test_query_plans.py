"""No question reads a whole table: every statement this package sends is explained by SQLite itself."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from inspect import getmembers, isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.model.access import Grant, Invite, Role
from bot.model.change import Basis, Change, Kind
from bot.model.digest import Digested
from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import Gathering, Move, State
from bot.model.poll import Baseline, Health, PollRecord
from bot.model.retention import Retention
from bot.model.stay import Stay
from bot.model.talk import AuditEntry, ChatWatch, Mute
from bot.model.view import Extent, Selection
from bot.storage import _alarms, _digests, _exceptions, _exports, _lists, _outbox, _readings, _talks, _views, _writes
from bot.storage._schema import bring_up_to_date
from tests.storage.making import ELEVEN, NINE, TEN, THREAD, again, an_order, an_update, news, sent

_RECORD = PollRecord(
    "panels",
    NINE,
    updates=(an_update(an_order(tracking=["1Z"])), an_update(an_order(tracking=["2Z"]), 2)),
    notifications=(news("a", order="FR/1"), news("b")),
    healths=(Health("panels"),),
    words=("ODD",),
    baselines=(Baseline("p", 1, NINE),),
    swept={"*": NINE},
)
_EXTENTS: list[tuple[Extent, ...]] = [
    (Extent("panels", is_whole=True),),
    (Extent("panels", is_whole=True), Extent("shop", scopes=frozenset({"*"}), keys=frozenset({"s"}))),
    (Extent("panels", keys=frozenset({"FR/1"})),),
    (),
]
_DAY = (Moment("2026-01-05"), NINE)
_WANTED: list[dict[str, Any]] = [
    {},
    {"stage": Stage.PLACED},
    {"due_before": _DAY},
    {"due_from": _DAY, "due_before": _DAY, "stage": Stage.SHIPPED},
    {"unchanged_since": NINE},
    {"is_stuck": True},
    {"changed_since": NINE},
]
_ENTRY = AuditEntry(chat="slack", question="q", person="U1", place="C1", at=NINE, verb="late", text="late")
_WATCH = ChatWatch(
    source="panels", key="FR/1", destination="slack:C1", written="1", chat="slack", person="U1", since=NINE
)
_MUTE = Mute(source="panels", key="FR/1", destination="slack:C1", person="U1", since=NINE)
_SLIP = Change(kind=Kind.SLIPPED)
_WAITS = OrderException(source="panels", key="FR/1", kind=Kind.SLIPPED, since=NINE, change=_SLIP, look_at=TEN)
_ASSIGNED = Assignment(source="panels", key="FR/1", chat="slack", person="U1", by="U1", since=NINE)
_RETENTION = Retention(raw=timedelta(), sent=timedelta())
_ROOMS = (_alarms, _digests, _exceptions, _exports, _lists, _outbox, _talks, _readings, _views, _writes)
_NOTHING_HELD = {"is_last_batch", "add_notifications", "text_of", "table_of", "read_anew"}

CALLS: dict[str, Callable[[sqlite3.Connection], object]] = {
    "commit_record": lambda c: _writes.commit_record(c, _RECORD),
    "claim": lambda c: _outbox.claim(c, [1, 2], TEN),
    "settle": lambda c: _outbox.settle(
        c, [sent(1, "m"), again(2, None).model_copy(update={"moved": Move(old={}, new={}), "thread": THREAD})]
    ),
    "thread": lambda c: _outbox.thread(c, "ops", "panels", "FR/1"),
    "beat": lambda c: _writes.beat(c, ["poller"], NINE),
    "load": lambda c: _views.load(c, "panels", "FR/1"),
    "load_part": lambda c: _views.load_part(c, "panels", 0, 10),
    "snapshots": lambda c: _views.snapshots(c, "panels", ["FR/1", "FR/2"]),
    "memories": lambda c: _views.memories(c, "panels", ["FR/1", "FR/2"]),
    "due": lambda c: _alarms.due(c, "panels", NINE, 5),
    "note_changes": lambda c: _exceptions.note_changes(c, _RECORD),
    "note_looks": lambda c: _exceptions.note_looks(c, [_WAITS]),
    "exceptions": lambda c: _exceptions.exceptions(c, "panels", "FR/1"),
    "due_exceptions": lambda c: _exceptions.due_exceptions(c, "panels", TEN, 5),
    "acknowledge": lambda c: _exceptions.acknowledge(c, "panels", "FR/1", "U1", None, TEN),
    "assign": lambda c: _exceptions.assign(c, _ASSIGNED),
    "unassign": lambda c: _exceptions.unassign(c, "panels", "FR/1"),
    "assignments": lambda c: _exceptions.assignments(c),
    "postpone": lambda c: _alarms.postpone(c, "panels", ["FR/1"], TEN),
    "wake": lambda c: _alarms.wake(c, "panels", NINE),
    "settings": lambda c: _alarms.settings(c, "panels"),
    "note_settings": lambda c: _alarms.note_settings(c, "panels", "{}"),
    "moves": lambda c: _alarms.moves(c, "panels", 5),
    "stays": lambda c: _alarms.stays(c, "panels"),
    "keep_stays": lambda c: _alarms.keep_stays(c, "panels", {"x": Stay(1, 2, Basis.LEARNED)}, TEN),
    "had_version": lambda c: _views.had_version(c, "panels", "FR/1", "d"),
    "health": lambda c: _views.health(c, "panels"),
    "is_applied": lambda c: _readings.is_applied(c, "panels", {}),
    "note_applied": lambda c: _readings.note_applied(c, "panels", {}),
    "read_again": lambda c: _readings.read_again(c, "panels", {"x": Stage.SHIPPED}, "FR/1"),
    "known_words": lambda c: _views.known_words(c, "panels"),
    "swept_scopes": lambda c: _views.swept_scopes(c, "panels"),
    "baselines": _views.baselines,
    "owed": _outbox.owed,
    "waiting": lambda c: _outbox.waiting(c, "ops", 1),
    "news": lambda c: _outbox.news(c, [1, 2]),
    "gather": lambda c: _outbox.gather(c, Gathering(leader=1, merged={2: "why"}, message=news("k").message, at=TEN)),
    "addresses": _views.addresses,
    "orders": lambda c: [_views.orders(c, s, g, 5, 0) for s in (None, "panels") for g in (None, Stage.PLACED)],
    "count_orders": lambda c: [_views.count_orders(c, s, g) for s in (None, "panels") for g in (None, Stage.PLACED)],
    "find_orders": lambda c: _views.find_orders(c, "1Z"),
    "history": lambda c: _views.history(c, "panels", "FR/1", 5),
    "payload": lambda c: _views.payload(c, "panels", "FR/1", 1),
    "notifications": lambda c: [_views.notifications(c, 0, s, 5) for s in ((), tuple(State))],
    "notification": lambda c: _views.notification(c, "k"),
    "notification_behind": lambda c: _views.notification_behind(c, "ops", "m"),
    "counts": _views.counts,
    "healths": _views.healths,
    "beats": _views.beats,
    "seek": lambda c: [_lists.seek(c, ["1Z", "2Z"], extents) for extents in _EXTENTS],
    "select": lambda c: [
        _lists.select(c, Selection(extents, **wanted), 5, 0) for wanted in _WANTED for extents in _EXTENTS
    ],
    "promised": lambda c: [_lists.promised(c, extents, _DAY, _DAY, 5) for extents in _EXTENTS],
    "finished": lambda c: [_lists.finished(c, extents, Stage.CANCELLED, NINE, 5) for extents in _EXTENTS],
    "within": lambda c: _lists.within(_EXTENTS[0]),
    "last": lambda c: _digests.last(c, "morning", "ops"),
    "note": lambda c: _digests.note(c, Digested("morning", "ops", "2026-01-05", NINE), news("digest")),
    "open_ages": lambda c: [_digests.open_ages(c, extents, (TEN, NINE)) for extents in _EXTENTS],
    "told": lambda c: _lists.told(c, "panels", "FR/1", 5),
    "orders_after": lambda c: [_exports.orders_after(c, ("", ""), s, NINE, 5) for s in (None, "panels")],
    "changes_after": lambda c: _exports.changes_after(c, 1, "panels", NINE, 5),
    "notifications_after": lambda c: _exports.notifications_after(c, 1, "panels", NINE, 5),
    "begin": lambda c: _talks.begin(c, _ENTRY),
    "finish": lambda c: _talks.finish(c, _ENTRY, "answered", {"k": "late"}),
    "over": lambda c: _talks.over(c, "slack", "q1"),
    "reopen": lambda c: _talks.reopen(c, "slack", NINE),
    "shown_under": lambda c: _talks.shown_under(c, _ENTRY),
    "button": lambda c: _talks.button(c, "k"),
    "watch": lambda c: _talks.watch(c, _WATCH, "UTC"),
    "unwatch": lambda c: _talks.unwatch(c, "panels", "FR/1", "ops"),
    "watches": _talks.watches,
    "mute": lambda c: _talks.mute(c, _MUTE),
    "unmute": lambda c: _talks.unmute(c, _MUTE),
    "mutes": lambda c: _talks.mutes(c, TEN),
    "place": lambda c: _talks.place(c, "slack:C1"),
    "invite": lambda c: _talks.invite(c, Invite(code_hash="h", role=Role.VIEWER, made_at=NINE, expires_at=TEN)),
    "redeem": lambda c: _talks.redeem(c, "h", Grant(chat="slack", person="U1"), NINE),
    "members": _talks.members,
    "dismiss": lambda c: _talks.dismiss(c, "slack", "U1"),
    "tidying": lambda c: [step(c) for step in _writes.tidying(ELEVEN, _RETENTION).values()],
}
_LARGE = "orders|order_names|snapshots|changes|notifications|messages|audit|buttons|threads"
_WHOLE = {
    "load": r"SCAN orders$",
    "orders": r"SCAN orders USING INDEX orders_by_change",
    "select": r"SCAN orders USING (COVERING )?INDEX orders_(by_(change|due|age)|stuck)",
    "counts": rf"SCAN ({_LARGE}) USING COVERING INDEX \w+",
    "owed": r"SCAN notifications USING (COVERING )?INDEX notifications_open",
}
"""A list walks an index until it is long enough, counting walks it to the end, what is open has its own index, and the
start reads every order once."""


def public_functions(module: ModuleType) -> set[str]:
    """Functions written in the module that others call."""
    found = getmembers(module, isfunction)
    return {name for name, function in found if function.__module__ == module.__name__ and not name.startswith("_")}


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """By function: the steps of the plans of everything it sends, and the statements they are of."""
    path: Path = tmp_path_factory.mktemp("plans") / "o.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_up_to_date(path, connection)
        yield {name: list(steps(connection, call)) for name, call in CALLS.items()}


def steps(connection: sqlite3.Connection, call: Callable[[sqlite3.Connection], object]) -> Iterator[str]:
    """The steps SQLite would take for each statement the call sends, with the values it sends."""
    sent_by_call: list[str] = []
    connection.set_trace_callback(sent_by_call.append)
    call(connection)
    connection.set_trace_callback(None)
    for statement in sent_by_call:
        for _, _, _, step in connection.execute(f"explain query plan {statement}"):
            yield step


def test_every_function_is_explained() -> None:
    assert set(CALLS) == set[str]().union(*map(public_functions, _ROOMS)) - _NOTHING_HELD


@pytest.mark.parametrize("name", CALLS)
def test_no_large_table_is_read_from_end_to_end(explained: dict[str, list[str]], name: str) -> None:
    allowed = _WHOLE.get(name, "nothing")
    scans = [step for step in explained[name] if re.match(rf"SCAN ({_LARGE})\b", step)]
    assert [step for step in scans if not re.fullmatch(allowed, step)] == []


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_sorted_that_an_index_could_give_in_order(explained: dict[str, list[str]], name: str) -> None:
    assert [step for step in explained[name] if "TEMP B-TREE" in step] == []


def test_the_plans_speak_of_the_tables_we_mean(explained: dict[str, list[str]]) -> None:
    assert any("orders_by_stage" in step for step in explained["orders"])
    assert any("notifications_open" in step for step in explained["waiting"])
    assert any("notifications_urgent" in step for step in explained["waiting"])
