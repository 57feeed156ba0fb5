"""What must hold after kills, from the words people were told and from the file on disk."""

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from bot.sandbox.accepted import Accepted
from bot.sandbox.judge import Place, judge, untold
from bot.sandbox.server import Sandbox
from bot.sandbox.world import Fact, WorldOrder

REPEAT = " (may be a repeat)"


def is_known(sandbox: Sandbox, order: WorldOrder, *, everywhere: bool = False) -> bool:
    """Whether everything that happened to an order so far has been told somewhere: then the next thing may happen.

    `everywhere`: in every place, so that none of them lags so far behind that its words may mean two things.
    """
    facts = [fact for fact in sandbox.world.facts if (fact.account, fact.order) == (order.account, order.number)]
    said = list(_about(facts, sandbox.accepted))
    known = (not _missed(facts, said, place) for place in sandbox.names)
    return not facts or (all(known) if everywhere else any(known))


def disordered(sandbox: Sandbox, *, one_moment: timedelta = timedelta(milliseconds=5)) -> Iterator[str]:
    """Every message that told news of an order before older news of it in the same place.

    Facts within `one_moment` are of one thing that happened, and have no order among themselves.
    """
    by_order: dict[tuple[str, str], list[Fact]] = {}
    for fact in sandbox.world.facts:
        by_order.setdefault((fact.account, fact.order), []).append(fact)
    for facts in by_order.values():
        said = list(_about(facts, sandbox.accepted))
        for place in sandbox.names:
            there = [one for one in said if (one.chat, one.place) == place]
            yield from _disordered(facts, there, place, one_moment)


def repeats(accepted: Sequence[Accepted]) -> list[Accepted]:
    """Messages that say they may be a repeat and are one."""
    first = {(one.chat, one.place, one.text) for one in accepted}
    return [
        one for one in accepted if REPEAT in one.text and (one.chat, one.place, one.text.replace(REPEAT, "")) in first
    ]


def doubled_keys(accepted: Sequence[Accepted]) -> list[str]:
    """Keys that stand on more than one message: news told twice where it could have been looked up."""
    keys = [one.key for one in accepted if one.key]
    return sorted({key for key in keys if keys.count(key) > 1})


def moment_in(line: str, otherwise: datetime) -> datetime:
    """The moment a sentence of the judge speaks of."""
    found = re.search(r" at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})", line)
    return datetime.fromisoformat(found[1]).replace(tzinfo=otherwise.tzinfo) if found else otherwise


def file_problem(path: Path) -> str | None:
    """What is wrong with a database that a killed process left, judged on a copy; None: nothing.

    The next start finds the file as the killed process left it, log and journal beside it.
    """
    with tempfile.TemporaryDirectory() as folder:
        for part in path.parent.glob(f"{path.name}*"):
            if part.suffix in (path.suffix, f"{path.suffix}-wal", f"{path.suffix}-journal"):
                shutil.copy(part, folder)
        with closing(sqlite3.connect(Path(folder) / path.name)) as connection:
            (found,) = connection.execute("pragma integrity_check").fetchone()
    return None if found == "ok" else str(found)


def last_words(errors: Path) -> str:
    """What a program complained of last."""
    lines = errors.read_text("utf-8").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def notifications(path: Path) -> dict[str, int]:
    """How many notifications stand in which state."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("select state, count(*) from notifications group by state").fetchall())


def is_read_in_full(path: Path) -> bool:
    """Whether every order has been looked at as closely as its source allows."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        question = "select count(*) from orders where depth <> 'full' and stage not in ('completed', 'cancelled')"
        (left,) = connection.execute(question).fetchone()
    return int(left) == 0


def _about(facts: Sequence[Fact], accepted: Sequence[Accepted]) -> Iterator[Accepted]:
    names = {name for fact in facts for name in fact.names or (fact.order,)}
    return (one for one in accepted if any(name in one.text for name in names))


def _missed(facts: Sequence[Fact], said: Sequence[Accepted], place: Place) -> tuple[str, ...]:
    hears = {place: {fact.account for fact in facts}}
    return judge(facts, said, hears, baseline=facts[0].at - timedelta(seconds=1), calm=facts[-1].at).missed


def _disordered(facts: Sequence[Fact], said: Sequence[Accepted], place: Place, one_moment: timedelta) -> Iterator[str]:
    newest, before = facts[0].at, facts
    for count in range(1, len(said) + 1):
        after = untold(facts, said[:count], place)
        told = [fact for fact in before if fact not in after]
        for fact in told:
            if fact.at < newest - one_moment:
                yield f"{place[0]} was told late: {fact}"
        newest, before = max([newest, *(fact.at for fact in told)]), after
