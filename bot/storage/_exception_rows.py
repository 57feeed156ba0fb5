"""What waits for somebody, and who takes care, as rows of tables and back: the same for every store of these tables."""

from bot.model.change import Change
from bot.model.exception import Assignment, OrderException
from bot.storage._rows import Row

EXCEPTION_COLUMNS = (
    "source, key, kind, since, change, acknowledged_at, acknowledged_by, note, reminded, reminded_at, escalated_at"
)
ASSIGNMENT_COLUMNS = 'source, key, chat, person, "by", since'


def written(change: Change) -> str:
    """A change as JSON text."""
    return change.model_dump_json(exclude_defaults=True)


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
