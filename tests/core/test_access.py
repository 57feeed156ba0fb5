"""Who may see and do what."""

from typing import Any

import pytest

from bot.core.access import EVERYTHING, destination_name, place_id, quiet_of, rights_of, rights_of_place
from bot.core.catalogue import Catalogue
from bot.model.access import Grant, Role
from bot.model.command import Question
from bot.model.outbox import Destination
from bot.model.quiet import QuietWindow
from bot.model.view import Extent
from tests.core.making import watchlist

PERSON = Grant(chat="telegram", person="9", role=Role.OPERATOR)
GROUP = Grant(chat="telegram", place="-100", role=Role.VIEWER, sources=("panels",))


def asked(**members: Any) -> Question:
    return Question.model_validate(
        {"id": "q", "chat": "telegram", "person": "9", "place": {"chat_id": -100}, **members}
    )


def catalogue(*grants: Grant) -> Catalogue:
    named, team = watchlist("named", orders=("1", "2")), watchlist("team a", where={"team": "a"})
    return Catalogue(
        labels={"panels": "Panels", "shop": "Shop"},
        key_of={"panels": lambda written: f"FR/{written}", "shop": str},
        watchlists={each.name: each for each in (named, team, watchlist("web", source="shop"))},
        destinations={"sales": Destination(name="sales", chat="telegram", address={"chat_id": "-100", "topic": 7})},
        catch_all=(),
        access=grants,
        timezone="Europe/Paris",
        version="",
    )


@pytest.mark.parametrize(
    "question",
    [asked(person="8", place={"chat_id": 8}), asked(chat="slack"), asked(person="", place={"chat_id": 1})],
)
def test_whoever_was_not_let_in_has_no_rights(question: Question) -> None:
    assert rights_of(question, [PERSON, GROUP]) is None


def test_everybody_in_a_place_and_its_topics_has_its_rights() -> None:
    rights = rights_of(asked(person="8", place={"chat_id": -100, "topic": 3}), [GROUP])
    assert rights is not None
    assert (rights.role, rights.sees_source("panels"), rights.sees_source("shop")) == (Role.VIEWER, True, False)


def test_a_topic_that_was_let_in_lets_nobody_into_its_group() -> None:
    topic = GROUP.model_copy(update={"place": "-100:7"})
    assert rights_of_place("telegram", {"chat_id": -100}, [topic]) is None
    assert rights_of_place("telegram", {"chat_id": -100, "topic": 7}, [topic]) is not None


def test_what_others_read_is_what_the_place_may_see_and_a_person_may_still_do_more() -> None:
    rights = rights_of(asked(is_overheard=True), [PERSON, GROUP])
    assert rights is not None
    assert (rights.role, rights.sees_everything) == (Role.OPERATOR, False)
    assert rights_of(asked(is_overheard=True), [PERSON]) is None


def test_a_person_alone_sees_what_the_person_may() -> None:
    rights = rights_of(asked(is_private=True), [PERSON, GROUP])
    assert rights is not None
    assert rights.sees_everything


def test_roles_include_the_ones_before_them() -> None:
    assert EVERYTHING.allows(Role.WATCHER)
    rights = rights_of(asked(person="8"), [GROUP])
    assert rights is not None
    assert (rights.allows(Role.VIEWER), rights.allows(Role.WATCHER)) == (True, False)


def test_the_orders_of_a_source_and_of_watchlists_add_up() -> None:
    grant = Grant(chat="telegram", person="9", sources=("shop",), watchlists=("named", "team a"))
    rights = rights_of(asked(), [grant])
    assert rights is not None
    assert catalogue().extents(rights) == (
        Extent("panels", scopes=frozenset({"team=a"}), keys=frozenset({"FR/1", "FR/2"})),
        Extent("shop", is_whole=True),
    )
    assert catalogue().open_watchlists(rights) == ["named", "team a", "web"]


def test_a_watchlist_that_may_be_seen_is_narrower_than_its_source() -> None:
    (extent,) = catalogue().extents(EVERYTHING, watchlist="named")
    assert extent == Extent("panels", keys=frozenset({"FR/1", "FR/2"}))


def test_a_place_has_the_name_the_config_gives_it() -> None:
    assert catalogue().place("telegram", {"chat_id": -100, "topic": 7}) == "sales"
    assert catalogue().place("telegram", {"chat_id": -100}) == "telegram:-100"
    assert destination_name("slack", {"channel": "C1"}) == "slack:C1"
    assert place_id({"topic": 7, "chat_id": -100}) == "-100:7"


NIGHTS, WEEKENDS = QuietWindow(starts=1140, ends=420), QuietWindow(days=frozenset())


@pytest.mark.parametrize(
    ("person", "quiet"), [("9", (NIGHTS,)), ("8", (WEEKENDS,)), (None, (WEEKENDS,))], ids=["theirs", "other", "nobody"]
)
def test_a_place_known_from_chat_has_the_quiet_hours_of_its_person_else_its_own(
    person: str | None, quiet: tuple[QuietWindow, ...]
) -> None:
    grants = [PERSON.model_copy(update={"quiet": (NIGHTS,)}), GROUP.model_copy(update={"quiet": (WEEKENDS,)})]
    place = Destination(name="telegram:-100", chat="telegram", address={"chat_id": -100}, person=person)
    assert quiet_of(place, grants) == quiet


def test_a_place_nobody_gave_quiet_hours_has_none() -> None:
    assert quiet_of(Destination(name="telegram:5", chat="telegram", address={"chat_id": 5}), [PERSON, GROUP]) == ()
