"""Every function of the store that says something to a database, called once, and all of them found by themselves."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module
from inspect import get_annotations, getmembers, iscoroutinefunction, isfunction
from pkgutil import iter_modules
from typing import Any

import bot.storage
from bot.model.access import Grant, Invite, Role
from bot.model.change import Basis, Change, Kind
from bot.model.digest import Digested
from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import Gathering, Move, State
from bot.model.poll import Baseline, Health, Lessons, PollRecord
from bot.model.retention import Retention
from bot.model.stay import Stay
from bot.model.talk import AuditEntry, ChatWatch, Mute
from bot.model.view import DatesAsked, Extent, Selection, Table
from bot.storage import (
    _alarms,
    _digests,
    _exceptions,
    _lists,
    _outbox,
    _readings,
    _talks,
    _views,
    _writes,
    purge,
    redrive,
    tables,
)
from bot.storage._connection import Connection
from bot.storage.past import StoredPast
from bot.storage.redrive import Chosen
from tests.storage.making import ELEVEN, NINE, TEN, THREAD, again, an_order, an_update, news, sent

Call = Callable[[Connection], Awaitable[object]]

RECORD = PollRecord(
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
_INVITE = Invite(code_hash="h", role=Role.VIEWER, made_at=NINE, expires_at=TEN)
_DIGESTED = Digested("morning", "ops", "2026-01-05", NINE)
_GATHERING = Gathering(leader=1, merged={2: "why"}, message=news("k").message, at=TEN)
_SETTLED = [sent(1, "m"), again(2, None).model_copy(update={"moved": Move(old={}, new={}), "thread": THREAD})]
_PLACE = {"source": "panels", "key": "FR/1", "id": 1}


async def _tidied(connection: Connection) -> None:
    for step in _writes.tidying(ELEVEN, _RETENTION).values():
        await step(connection)


async def _selected(connection: Connection) -> None:
    for wanted in _WANTED:
        for extents in _EXTENTS:
            await _lists.select(connection, Selection(extents, **wanted), 5, 0)


async def _waiting(connection: Connection) -> None:
    for extents in _EXTENTS:
        await _lists.select(connection, Selection(extents, waits_for_somebody=True), 5, 0)


async def _listed(connection: Connection) -> None:
    for source in (None, "panels"):
        for stage in (None, Stage.PLACED):
            await _views.orders(connection, source, stage, 5, 0)


async def _archived(connection: Connection) -> None:
    for source in (None, "panels"):
        await _views.orders(connection, source, None, 5, 0, archived=True)


async def _counted(connection: Connection) -> None:
    for source in (None, "panels"):
        for stage in (None, Stage.PLACED):
            await _views.count_orders(connection, source, stage)


async def _sought(connection: Connection) -> None:
    for extents in _EXTENTS:
        await _lists.seek(connection, ["1Z", "2Z"], extents)


async def _dated(connection: Connection) -> None:
    for extents in _EXTENTS:
        await _lists.dates(connection, DatesAsked(extents, _DAY, _DAY, NINE, 5))


async def _aged(connection: Connection) -> None:
    for extents in _EXTENTS:
        await _digests.open_ages(connection, extents, (TEN, NINE))


async def _redriven(connection: Connection) -> None:
    for chosen in (Chosen(ids=(1,)), Chosen(destination="ops")):
        await redrive.retry(connection, chosen)


async def _dropped(connection: Connection) -> None:
    for chosen in (Chosen(ids=(1,)), Chosen(destination="ops")):
        await redrive.drop(connection, chosen, TEN)


async def _owed_then(connection: Connection) -> None:
    async for _ in StoredPast(connection).owed(TEN):
        pass


async def _found_then(connection: Connection) -> None:
    async for _ in StoredPast(connection).found(TEN):
        pass


async def _notified(connection: Connection) -> None:
    await _views.notifications(connection, 0, (), 5)
    await _views.notifications(connection, 0, tuple(State), 5)


async def _sources_exported(connection: Connection) -> None:
    for source in (None, "panels"):
        for which in Table:
            await tables.table(connection, which, _PLACE, source, NINE, 5)


CALLS: dict[str, Call] = {
    "alarms.calling": lambda c: _alarms.calling(c, ["panels", "seen"], NINE),
    "alarms.due": lambda c: _alarms.due(c, "panels", NINE, 5),
    "alarms.keep_lessons": lambda c: _alarms.keep_lessons(c, "panels", Lessons({}, {}, ())),
    "alarms.keep_stays": lambda c: _alarms.keep_stays(c, "panels", {"x": Stay(1, 2, Basis.LEARNED)}, TEN),
    "alarms.moves": lambda c: _alarms.moves(c, "panels", 5),
    "alarms.keep_spent": lambda c: _alarms.keep_spent(c, "panels", [(TEN, 3)]),
    "alarms.note_settings": lambda c: _alarms.note_settings(c, "panels", "{}"),
    "alarms.postpone": lambda c: _alarms.postpone(c, "panels", ["FR/1"], TEN),
    "alarms.settings": lambda c: _alarms.settings(c, "panels"),
    "alarms.lessons": lambda c: _alarms.lessons(c, "panels"),
    "alarms.spent": lambda c: _alarms.spent(c, "panels"),
    "alarms.stays": lambda c: _alarms.stays(c, "panels"),
    "alarms.wake": lambda c: _alarms.wake(c, "panels", NINE),
    "digests.last": lambda c: _digests.last(c, "morning", "ops"),
    "digests.note": lambda c: _digests.note(c, _DIGESTED, news("digest")),
    "digests.open_ages": _aged,
    "exceptions.acknowledge": lambda c: _exceptions.acknowledge(c, "panels", "FR/1", "U1", None, TEN),
    "exceptions.assign": lambda c: _exceptions.assign(c, _ASSIGNED),
    "exceptions.assignments": _exceptions.assignments,
    "exceptions.due_exceptions": lambda c: _exceptions.due_exceptions(c, "panels", TEN, 5),
    "exceptions.exceptions": lambda c: _exceptions.exceptions(c, "panels", "FR/1"),
    "exceptions.note_changes": lambda c: _exceptions.note_changes(c, RECORD),
    "exceptions.note_looks": lambda c: _exceptions.note_looks(c, [_WAITS]),
    "exceptions.unassign": lambda c: _exceptions.unassign(c, "panels", "FR/1"),
    "lists.dates": _dated,
    "lists.seek": _sought,
    "lists.select": _selected,
    "lists.select what waits": _waiting,
    "lists.told": lambda c: _lists.told(c, "panels", "FR/1", 5),
    "outbox.add_notifications": lambda c: _outbox.add_notifications(c, [news("new")], {}),
    "outbox.claim": lambda c: _outbox.claim(c, [1, 2], TEN),
    "outbox.gather": lambda c: _outbox.gather(c, _GATHERING),
    "outbox.news": lambda c: _outbox.news(c, [1, 2]),
    "outbox.owed": _outbox.owed,
    "outbox.settle": lambda c: _outbox.settle(c, _SETTLED),
    "outbox.thread": lambda c: _outbox.thread(c, "ops", "panels", "FR/1"),
    "outbox.waiting": lambda c: _outbox.waiting(c, "ops", 1),
    "past.StoredPast.count": lambda c: StoredPast(c).count(TEN),
    "past.StoredPast.found": _found_then,
    "past.StoredPast.latest": lambda c: StoredPast(c).latest(),
    "past.StoredPast.order": lambda c: StoredPast(c).order("panels", "FR/1"),
    "past.StoredPast.owed": _owed_then,
    "past.StoredPast.payload": lambda c: StoredPast(c).payload("panels", "FR/1", 1),
    "past.StoredPast.scopes": lambda c: StoredPast(c).scopes(),
    "purge.erase": lambda c: purge.erase(c, "panels", "FR/1", TEN),
    "readings.is_applied": lambda c: _readings.is_applied(c, "panels", {}),
    "readings.note_applied": lambda c: _readings.note_applied(c, "panels", {}),
    "readings.read_again": lambda c: _readings.read_again(c, "panels", {"x": Stage.SHIPPED}, "FR/1"),
    "redrive.doubt": lambda c: redrive.doubt(c, Chosen(destination="ops")),
    "redrive.drop": _dropped,
    "redrive.retry": _redriven,
    "tables.changes": lambda c: tables.changes(c, _PLACE, None, NINE, 5),
    "tables.notifications": lambda c: tables.notifications(c, _PLACE, None, NINE, 5),
    "tables.orders": lambda c: tables.orders(c, _PLACE, None, NINE, 5),
    "tables.table": _sources_exported,
    "talks.begin": lambda c: _talks.begin(c, _ENTRY),
    "talks.button": lambda c: _talks.button(c, "k"),
    "talks.dismiss": lambda c: _talks.dismiss(c, "slack", "U1"),
    "talks.finish": lambda c: _talks.finish(c, _ENTRY, "answered", {"k": "late"}),
    "talks.invite": lambda c: _talks.invite(c, _INVITE),
    "talks.members": _talks.members,
    "talks.mute": lambda c: _talks.mute(c, _MUTE),
    "talks.mutes": lambda c: _talks.mutes(c, TEN),
    "talks.over": lambda c: _talks.over(c, "slack", "q1"),
    "talks.place": lambda c: _talks.place(c, "slack:C1"),
    "talks.redeem": lambda c: _talks.redeem(c, "h", Grant(chat="slack", person="U1"), NINE),
    "talks.reopen": lambda c: _talks.reopen(c, "slack", NINE),
    "talks.shown_under": lambda c: _talks.shown_under(c, _ENTRY),
    "talks.unmute": lambda c: _talks.unmute(c, _MUTE),
    "talks.unwatch": lambda c: _talks.unwatch(c, "panels", "FR/1", "ops"),
    "talks.watch": lambda c: _talks.watch(c, _WATCH, "UTC"),
    "talks.watches": _talks.watches,
    "views.addresses": _views.addresses,
    "views.baselines": _views.baselines,
    "views.beats": _views.beats,
    "views.count_orders": _counted,
    "views.counts": _views.counts,
    "views.find_orders": lambda c: _views.find_orders(c, "1Z"),
    "views.had_version": lambda c: _views.had_version(c, "panels", "FR/1", "d"),
    "views.health": lambda c: _views.health(c, "panels"),
    "views.healths": _views.healths,
    "views.history": lambda c: _views.history(c, "panels", "FR/1", 5),
    "views.known_words": lambda c: _views.known_words(c, "panels"),
    "views.load": lambda c: _views.load(c, "panels", "FR/1"),
    "views.load_part": lambda c: _views.load_part(c, "panels", "", 10),
    "views.memories": lambda c: _views.memories(c, "panels", ["FR/1", "FR/2"]),
    "views.notification": lambda c: _views.notification(c, "k"),
    "views.notification_behind": lambda c: _views.notification_behind(c, "ops", "m"),
    "views.notifications": _notified,
    "views.orders": _listed,
    "views.orders archived": _archived,
    "views.payload": lambda c: _views.payload(c, "panels", "FR/1", 1),
    "views.snapshots": lambda c: _views.snapshots(c, "panels", ["FR/1", "FR/2"]),
    "views.swept_scopes": lambda c: _views.swept_scopes(c, "panels"),
    "writes.beat": lambda c: _writes.beat(c, ["poller"], NINE),
    "writes.commit_record": lambda c: _writes.commit_record(c, RECORD),
    "writes.tidying": _tidied,
}
"""By room and name; behind a blank, what of it is asked."""

WALKS_ALL = {"past.StoredPast.count", "past.StoredPast.found", "past.StoredPast.latest", "past.StoredPast.owed"}
"""What looks back at all that happened, for as long as it takes."""
_OF_ONE_STORE = {"sqlite.load_part"}
"""Said to one of the databases only."""
_OF_THE_DRIVER = {"leases", "postgres"}
"""Need the driver of PostgreSQL, which is not on every machine, and speak of small tables of their own."""


def speakers() -> set[str]:
    """Public functions of the store that are given a connection, and methods of classes that are, by room and name."""
    found = {"writes.tidying"}  # gives steps that are

    def is_given_one(function: object) -> bool:
        return Connection in get_annotations(function).values()  # type: ignore[arg-type]

    for each in iter_modules(bot.storage.__path__):
        if each.name.startswith("_pg_") or each.name in _OF_THE_DRIVER:
            continue
        module = import_module(f"bot.storage.{each.name}")
        for name, one in getmembers(module):
            if getattr(one, "__module__", None) != module.__name__ or name.startswith("_"):
                continue
            room = each.name.removeprefix("_")
            if iscoroutinefunction(one) and is_given_one(one):
                found.add(f"{room}.{name}")
            elif isinstance(one, type) and is_given_one(vars(one).get("__init__", speakers)):
                found |= {
                    f"{room}.{name}.{method}" for method, _ in getmembers(one, isfunction) if not method.startswith("_")
                }
    return found - _OF_ONE_STORE
