"""Each destination is told in its own language, whatever the road on which the message came."""

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from bot.core.alert_buttons import alert_buttons
from bot.core.digest_words import Said, message, sections
from bot.core.outage import source_failed
from bot.core.samples import SEEN, sample, sample_notice
from bot.core.settle import failed
from bot.core.summary import told_as_one
from bot.core.telling import Telling, tell
from bot.core.voices import Voices
from bot.core.wording import word
from bot.core.words import Words
from bot.errors import MessageRefused, SourceRefused
from bot.languages import languages, words_of
from bot.model.access import Role
from bot.model.change import Change, Kind, Notice
from bot.model.digest import Digest, Slot
from bot.model.message import Link, Message, Text
from bot.model.moment import from_instant
from bot.model.outbox import Shape, State, WithChanges
from bot.model.poll import Health, OrderUpdate
from bot.model.route import Route
from bot.model.view import Selected
from tests.core.making import NOW, line, notification, order, package, shipment, status, watchlist, words

FRENCH, DUTCH, GERMAN = (words_of(language) for language in ("fr", "nl", "de"))
BOTH = Telling(
    "panels", "panels", ZoneInfo("Europe/Paris"), (Route(to=("lyon", "bonn"), label="notify[0]"),), ("lyon", "bonn"),
    voices=Voices(places={"lyon": FRENCH, "bonn": GERMAN}),
)  # fmt: skip
MOVED = Change(kind=Kind.STATUS, before="Confirmed", after="On hold")


class Strict(dict[str, object]):
    """Texts of a catalogue that have to be there."""

    def get(self, key: str, default: object = None) -> object:
        return self[key]


def strict(language: str) -> Words:
    return replace(words_of(language), texts=Strict(words_of(language).texts))  # type: ignore[arg-type]


def in_two_languages(telling: Telling = BOTH) -> Iterator[str]:
    one = order()
    for each in tell(one, OrderUpdate(key=one.key, expected_seq=1), (MOVED,), [watchlist()], telling, NOW):
        yield words(each.message).splitlines()[0]


def test_the_same_news_is_told_in_the_language_of_each_place() -> None:
    assert list(in_two_languages()) == [
        "Statut · 4500123 : Confirmed → On hold",
        "Status · 4500123: Confirmed → On hold",
    ]


def test_a_message_knows_its_language_so_that_its_dates_follow() -> None:
    one = order()
    told = tell(one, OrderUpdate(key=one.key, expected_seq=1), (MOVED,), [watchlist()], BOTH, NOW)
    assert [each.message.language for each in told] == ["fr", "de"]


def test_a_status_word_is_shown_by_its_name_in_the_languages_that_have_one() -> None:
    named = replace(FRENCH, displays={"panels": {"on hold": "En attente"}})
    voices = Voices(places={"lyon": named, "bonn": GERMAN})
    assert list(in_two_languages(replace(BOTH, voices=voices))) == [
        "Statut · 4500123 : Confirmed → En attente",
        "Status · 4500123: Confirmed → On hold",
    ]


def test_a_name_of_one_source_is_not_shown_for_another() -> None:
    assert replace(FRENCH, displays={"parts": {"on hold": "En attente"}}).status("panels", "On hold") == "On hold"


def test_a_summary_is_in_the_language_of_its_place() -> None:
    rows = [WithChanges(row=notification(id=number, state=State.PENDING, order=f"FR/{number}"), changes=(MOVED,))
            for number in (1, 2, 3)]  # fmt: skip
    orders = {("panels", f"FR/{number}"): order(key=f"FR/{number}", number=str(number)) for number in (1, 2, 3)}
    zone, now = ZoneInfo("Europe/Paris"), from_instant(NOW)
    summary = told_as_one(Shape.STORM, rows, orders, labels={}, zone=zone, now=now, words=GERMAN).message
    assert summary is not None
    assert words(summary).startswith(f"Neues zu 3 Bestellungen seit {now}: 3 × Status")


def test_operators_hear_of_an_outage_each_in_their_language() -> None:
    record = source_failed({"panels": Health("panels")}, SourceRefused("panels", "GET /orders", "401"), BOTH, NOW)
    heads = [words(each.message).splitlines()[0] for each in record.notifications]
    assert heads == ["Source en panne · panels", "Quelle gestört · panels"]


def test_a_dead_letter_is_told_in_the_language_of_whoever_hears_of_it() -> None:
    row, error = notification(), MessageRefused("slack", "no_text")
    settled = failed(row, error, NOW, there={}, repeated=False, operators=["bonn"], voices=BOTH.voices)
    assert words(settled.notices[0].message).startswith("Nicht zugestellt · status zu Bestellung FR/4500123 an ops")


def test_a_digest_is_in_the_language_of_its_place() -> None:
    digest, zone = Digest(name="matin", to=("lyon",), at=450), ZoneInfo("Europe/Paris")
    found = [(each, Selected((), 0)) for each in sections(digest, (), NOW, zone, from_instant(NOW))]
    said, slot = Said(tuple(found), {}, {"panels": "panels"}), Slot(NOW.date(), NOW)
    told = message(digest, said, slot, NOW, zone, from_instant(NOW), None, FRENCH)
    assert words(told).splitlines() == [
        "Aujourd’hui · matin : rien à livrer, rien en retard, rien de bloqué, aucun mouvement",
        f"Toutes les sources répondent · modifiées : depuis {from_instant(NOW)}",
    ]


@pytest.mark.parametrize("language", languages()[1:])
@pytest.mark.parametrize("kind", Kind)
def test_nothing_of_a_message_is_left_in_english(kind: Kind, language: str) -> None:
    made_up, change = sample(kind)
    told = word(
        made_up,
        [change],
        source="s",
        seen_at=SEEN,
        zone=ZoneInfo("UTC"),
        words=strict(language),
        templates={},
    )
    assert told.language == language


@pytest.mark.parametrize("language", languages()[1:])
@pytest.mark.parametrize("kind", Notice)
def test_nothing_of_a_notice_is_left_in_english(kind: Notice, language: str) -> None:
    assert sample_notice(kind, strict(language)).language == language


def test_the_buttons_under_an_alert_say_the_same_in_another_language_and_ask_the_same() -> None:
    english, german = (alert_buttons(notification(), Role.WATCHER, each) for each in (words_of("en"), GERMAN))
    assert [button.key for button in german] == [button.key for button in english]
    assert "Jetzt prüfen" in [button.label for button in german]


HOSTILE = "{order} <!channel> @all *b* {lines} https://evil.example <a href='x'>"


def hostile(language: str) -> Message:
    """News of which every word comes from somebody who means harm."""
    bad = order(
        number=HOSTILE,
        reference=HOSTILE,
        cancel_reason=HOSTILE,
        status=status(HOSTILE),
        lines=(line(HOSTILE),),
        shipments=(shipment(packages=(package(HOSTILE, carrier=HOSTILE),)),),
    )
    changes = [sample(kind)[1].model_copy(update={"line": HOSTILE, "field": HOSTILE}) for kind in Kind]
    changes += [Change(kind=Kind.CANCELLED, before=HOSTILE, after=HOSTILE)]
    return word(
        bad, changes, source=HOSTILE, seen_at=SEEN, zone=ZoneInfo("UTC"), words=words_of(language), templates={}
    )


@pytest.mark.parametrize("language", languages())
def test_words_from_outside_stay_words_in_every_language(language: str) -> None:
    told = hostile(language)
    spans = [span for one in (told.headline, *told.body) for span in one.spans]
    assert {span.url for span in spans if isinstance(span, Link)} <= {"https://track.example/JD0140061234"}
    assert HOSTILE in "".join(span.text for span in spans if isinstance(span, Text))
    assert told.mentions == ()


def test_a_field_that_went_missing_has_its_name_in_the_language_of_the_reader() -> None:
    assert words(sample_notice(Notice.SCHEMA_DRIFT, strict("fr"))).splitlines()[0] == (
        "Champ manquant · panels : dates de livraison promises"
    )
