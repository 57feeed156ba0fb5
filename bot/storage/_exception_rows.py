"""What waits for somebody, and who takes care, as rows of tables and back: the same for every store of these tables."""

from bot.core.exceptions import ended_by, opened_by
from bot.model.change import Change
from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.poll import PollRecord
from bot.storage._rows import Row

EXCEPTION_COLUMNS = (
    "source, key, kind, since, change, acknowledged_at, acknowledged_by, note, reminded, reminded_at, escalated_at"
)
ASSIGNMENT_COLUMNS = 'source, key, chat, person, "by", since'


def ended_rows(record: PollRecord) -> list[tuple[str, str, str]]:
    """Source, key and kind of what the changes of a record end."""
    return [(record.source, update.key, kind.value) for update in record.updates for kind in ended_by(update.changes)]


def opened_rows(record: PollRecord) -> list[tuple[str, str, str, Moment, str, Moment]]:
    """Source, key, kind, since when, the change as JSON text, and when to look at it, of what begins to wait."""
    return [
        (record.source, update.key, kind.value, record.at, change.model_dump_json(exclude_defaults=True), record.at)
        for update in record.updates
        for kind, change in opened_by(update.changes).items()
    ]


def exception_of(row: Row) -> OrderException:
    """A row of EXCEPTION_COLUMNS."""
    columns = dict(zip(EXCEPTION_COLUMNS.split(", "), row, strict=True))
    return OrderException.model_validate({**columns, "change": Change.model_validate_json(columns["change"])})


def assignment_of(row: Row) -> Assignment:
    """A row of ASSIGNMENT_COLUMNS."""
    source, key, chat, person, by, since = row
    return Assignment(source=source, key=key, chat=chat, person=person, by=by, since=since)


def look_row(each: OrderException) -> tuple[str | int | None, ...]:
    """What a look at an exception writes, then what says which one it is."""
    told = (each.reminded, each.reminded_at, each.escalated_at, each.look_at)
    return (*told, each.source, each.key, each.kind.value, each.since)
