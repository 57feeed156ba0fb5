from dataclasses import replace
from datetime import timedelta

from bot.core import outage
from bot.core.health import LONGEST_CATCH_UP, LONGEST_DOUBT, after_finding
from bot.errors import AnswerUnreadable, SourceBroken, SourceBusy, SourceError, SourceRefused, SourceUnreachable
from bot.model.change import Notice
from bot.model.moment import from_instant
from bot.model.poll import Health, PollRecord
from tests.core.making import NOW, TELLING, words

DOWN = SourceUnreachable("panels", "GET /orders/FR", "no connection to api.example")
BROKEN = SourceBroken("panels", "GET /orders/FR", "came HTTP 500")
THREE = ("panels", "shop", "parts")


class Story:
    """Sources that answer or not, one event at a time; `told` is what operators were told."""

    def __init__(self, *sources: str) -> None:
        self.healths: dict[str, Health] = {name: Health(name, last_ok_at=from_instant(NOW)) for name in sources}
        self.now = NOW
        self.told: list[str] = []
        self.texts: list[str] = []

    def fail(self, *sources: str, error: SourceError = DOWN, times: int = 1) -> None:
        for _ in range(times):
            for source in sources:
                self.later(1)
                telling = replace(TELLING, source=source, label=source)
                self._note(outage.source_failed(self.healths, error, telling, self.now))

    def answer(self, *sources: str, times: int = 2, caught_up: bool = False) -> None:
        for _ in range(times):
            for source in sources:
                self.later(1)
                telling = replace(TELLING, source=source, label=source)
                self._note(outage.source_answered(self.healths, telling, self.now, caught_up=caught_up))

    def find(self, source: str, changes: int) -> None:
        self.healths[source] = after_finding(self.healths[source], changes)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _note(self, record: PollRecord) -> None:
        self.healths.update({health.source: health for health in record.healths})
        self.told += [told.kinds[0] for told in record.notifications]
        self.texts += [words(told.message) for told in record.notifications]


def test_three_failures_in_a_row_are_told_once_to_operators() -> None:
    story = Story("panels")
    story.fail("panels", times=2)
    assert story.told == []
    story.fail("panels", times=5)
    assert story.told == [Notice.SOURCE_FAILING]


def test_refused_credentials_are_told_at_once_and_not_hammered() -> None:
    story = Story("panels")
    story.fail("panels", error=SourceRefused("panels", "POST /token", "came HTTP 401"))
    assert story.told == [Notice.SOURCE_FAILING]
    assert (story.healths["panels"].retry_at or "") >= from_instant(story.now + timedelta(seconds=300))


def test_a_wait_of_hours_that_is_asked_for_is_told_at_once_and_once_with_until_when_and_why_and_so_is_its_end() -> None:
    story = Story("panels")
    story.fail("panels", error=SourceBusy("panels", "GET /orders/FR", "came HTTP 429", retry_after=3600), times=2)
    until = from_instant(story.now + timedelta(seconds=3599))
    assert story.told == [Notice.SOURCE_FAILING]
    assert f"next {until}" in story.texts[0]
    assert "asks us to wait: asked GET /orders/FR, came HTTP 429" in story.texts[0]
    story.answer("panels", caught_up=True)
    assert story.told == [Notice.SOURCE_FAILING, Notice.SOURCE_RECOVERED]


def test_a_short_wait_that_is_asked_for_is_no_news() -> None:
    story = Story("panels")
    story.fail("panels", error=SourceBusy("panels", "GET /orders/FR", "came HTTP 429", retry_after=600))
    assert story.told == []


def test_one_odd_answer_does_not_make_the_others_wait() -> None:
    story = Story("panels")
    story.fail("panels", error=AnswerUnreadable("panels", "GET /orders/FR/1", "came HTML"))
    assert story.healths["panels"].retry_at is None


def test_the_end_is_told_when_what_was_missed_has_been_looked_at_with_what_was_found() -> None:
    story = Story("panels")
    story.fail("panels", times=3)
    story.later(3 * 3600)
    story.answer("panels")
    story.find("panels", 7)
    assert (story.told, story.healths["panels"].is_catching_up) == ([Notice.SOURCE_FAILING], True)
    story.answer("panels", times=1, caught_up=True)
    assert story.told == [Notice.SOURCE_FAILING, Notice.SOURCE_RECOVERED]
    assert "not readable for 3 h 0 min" in story.texts[1]
    assert "7 changes found since" in story.texts[1]


def test_the_end_is_told_after_a_quarter_of_an_hour_though_much_is_left_to_look_at() -> None:
    story = Story("panels")
    story.fail("panels", times=3)
    story.answer("panels")
    story.find("panels", 1)
    story.later(LONGEST_CATCH_UP.total_seconds())
    story.answer("panels", times=1)
    assert "1 change found so far" in story.texts[1]


def test_a_relapse_before_the_end_was_told_is_the_same_story() -> None:
    story = Story("panels")
    story.fail("panels", times=3)
    story.answer("panels")
    story.fail("panels", times=4)
    story.answer("panels")
    assert story.told == [Notice.SOURCE_FAILING]
    story.answer("panels", times=1, caught_up=True)
    assert story.told == [Notice.SOURCE_FAILING, Notice.SOURCE_RECOVERED]


def test_an_outage_over_leaves_nothing_behind() -> None:
    story = Story("panels")
    story.fail("panels", times=3)
    story.find("panels", 2)
    story.answer("panels")
    story.answer("panels", times=1, caught_up=True)
    assert story.healths["panels"] == Health("panels", last_ok_at=from_instant(story.now))


def test_all_sources_out_of_reach_are_one_notice_and_one_end_with_all_that_was_found() -> None:
    story = Story(*THREE)
    story.fail(*THREE, times=5)
    assert story.told == [Notice.NETWORK_DOWN]
    story.answer(*THREE)
    for source in THREE:
        story.find(source, 2)
        story.answer(source, times=1, caught_up=True)
    assert story.told == [Notice.NETWORK_DOWN, Notice.NETWORK_BACK]
    assert "6 changes found since" in story.texts[1]
    assert not any(health.is_blind for health in story.healths.values())


def test_a_source_that_is_asked_only_later_joins_without_a_word() -> None:
    story = Story(*THREE)
    story.healths["parts"] = Health("parts")
    story.fail("panels", "shop", times=3)
    story.fail("parts", times=5)
    assert story.told == [Notice.NETWORK_DOWN]
    assert all(health.together for health in story.healths.values())


def test_a_source_that_stays_out_of_reach_when_others_are_back_is_named_and_has_an_end_of_its_own() -> None:
    story = Story("panels", "shop")
    story.fail("panels", "shop", times=3)
    story.answer("panels")
    story.answer("panels", times=1, caught_up=True)
    story.later(LONGEST_CATCH_UP.total_seconds())
    story.answer("panels", times=1)
    assert "Still not answering: shop" in story.texts[1]
    story.answer("shop")
    story.answer("shop", times=1, caught_up=True)
    assert story.told == [Notice.NETWORK_DOWN, Notice.NETWORK_BACK, Notice.SOURCE_RECOVERED]


def test_servers_that_answer_with_failures_are_reached_and_told_one_by_one() -> None:
    story = Story("panels", "shop")
    story.fail("panels", "shop", error=BROKEN, times=3)
    assert story.told == [Notice.SOURCE_FAILING] * 2


def test_one_source_out_of_reach_while_another_has_answered_since_is_its_own_trouble() -> None:
    story = Story("panels", "shop")
    story.fail("panels", times=2)
    story.answer("shop", times=1)
    story.fail("panels")
    assert story.told == [Notice.SOURCE_FAILING]


def test_while_it_is_open_whether_others_are_reached_nothing_is_told_but_not_for_long() -> None:
    story = Story("panels", "shop")
    story.fail("panels", times=4)
    assert story.told == []
    assert outage.is_in_doubt(story.healths, "panels", story.now)
    story.later(LONGEST_DOUBT.total_seconds())
    story.fail("panels")
    assert story.told == [Notice.SOURCE_FAILING]
    assert not outage.is_in_doubt(story.healths, "panels", story.now)


def test_a_source_told_before_takes_no_part_in_the_story_of_the_others() -> None:
    story = Story(*THREE)
    story.fail("parts", error=BROKEN, times=3)
    story.fail("parts", times=3)
    story.fail("panels", "shop", times=3)
    assert story.told == [Notice.SOURCE_FAILING, Notice.NETWORK_DOWN]
    assert not story.healths["parts"].together
