"""Messages in people's own words, and what they cannot do."""

from zoneinfo import ZoneInfo

import pytest

from bot.core.samples import SEEN, sample
from bot.core.template import LONGEST, VARIABLES, TemplateWrong
from bot.core.templates import template_of
from bot.core.wording import word
from bot.core.words import Words
from bot.languages import words_of
from bot.model.change import Change, Kind
from bot.model.message import Link, Message, Text, When
from bot.model.order import Order
from tests.core.making import order, package, shipment, status, words


def said(kind: Kind, text: str, *changes: Change, of: Order | None = None, language: Words = words_of("en")) -> Message:
    made_up, change = sample(kind)
    return word(
        of or made_up,
        [*(changes or (change,))],
        source="panels",
        seen_at=SEEN,
        zone=ZoneInfo("UTC"),
        words=language,
        templates={kind: template_of(text)},
    )


def refused(text: str) -> TemplateWrong:
    with pytest.raises(TemplateWrong) as wrong:
        template_of(text)
    return wrong.value


def test_the_first_line_of_a_template_is_the_headline_and_the_last_line_stays_the_source() -> None:
    message = said(Kind.STATUS, "{{ number }} is now {{ new }}\nwas {{ old }}")
    assert words(message).splitlines() == ["0045001234 is now In production", "was Confirmed", f"panels · seen {SEEN}"]


def test_a_line_with_nothing_to_say_is_left_out() -> None:
    assert words(said(Kind.STATUS, "{{ new }}\n{% if slip %}{{ slip }}{% endif %}\n\nend")).splitlines()[1] == "end"


def test_dates_and_parcels_stay_what_they_are() -> None:
    message = said(Kind.SLIPPED, "from {{ old }} to {{ new }}, {{ slip }}\n{{ tracking }}")
    assert [span.at for span in message.headline.spans if isinstance(span, When)] == ["2026-11-30", "2026-12-03"]
    assert any(isinstance(span, Link) for span in message.body[0].spans)


def test_its_variables_are_in_the_language_of_the_reader() -> None:
    message = said(Kind.SLIPPED, "{{ title }}, {{ slip }}", language=words_of("de"))
    assert words(message).splitlines()[0] == "Verzögert, 3 Tage später"


def test_details_are_the_lines_the_message_would_have_had() -> None:
    usual = word(*_status(), source="panels", seen_at=SEEN, zone=ZoneInfo("UTC"), words=Words(), templates={})
    assert said(Kind.STATUS, "{{ order }}\n{{ details }}").body == usual.body


def _status() -> tuple[Order, list[Change]]:
    made_up, change = sample(Kind.STATUS)
    return made_up, [change]


def test_other_news_in_the_same_message_is_not_lost() -> None:
    also = Change(kind=Kind.QUANTITY, line="10", before="5", after="4")
    message = said(Kind.STATUS, "{{ new }}", sample(Kind.STATUS)[1], also)
    assert "Line 10: quantity 5 → 4" in words(message)


def test_a_template_that_has_nothing_to_say_leaves_the_usual_words() -> None:
    assert words(said(Kind.STATUS, "{{ reason }}")).startswith("Status · 0045001234")


@pytest.mark.parametrize("kind", Kind)
def test_every_variable_may_be_shown_of_every_kind(kind: Kind) -> None:
    message = said(kind, "x " + " ".join(f"{{{{ {name} }}}}" for name in VARIABLES))
    assert words(message).startswith("x ")


def test_what_an_order_says_is_neither_template_nor_link() -> None:
    hostile = order(
        status=status("{{ order.__class__ }} <!channel> https://evil.example \ue0000\ue001"),
        shipments=(shipment(packages=(package("T1", tracking_url="https://track.example/T1"),)),),
    )
    change = Change(kind=Kind.STATUS, before="a", after=hostile.status.word)
    message = said(Kind.STATUS, "{{ new }} {{ tracking }}", change, of=hostile)
    links = [span.url for span in message.headline.spans if isinstance(span, Link)]
    assert links == ["https://track.example/T1"]
    assert isinstance(message.headline.spans[0], Text)
    assert "{{ order.__class__ }} <!channel> https://evil.example 0" in message.headline.spans[0].text


def test_an_unknown_variable_is_named_with_its_line() -> None:
    wrong = refused("{{ number }}\n{{ nummer }}")
    assert (wrong.unknown, wrong.line) == ("nummer", 2)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in 'abc' %}x{% endfor %}",
        "{% for title in lines %}x{% endfor %}",
        "{% set title = 1 %}x",
        "{{ 'x' * 100000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ new.__class__ }}",
        "{{ new['x'] }}",
        "{{ new() }}",
        "{{ '%999999d' | format(1) }}",
        "{{ new | center(100000000) }}",
        "{% include 'secrets' %}",
        "{% macro a() %}{{ a() }}{% endmacro %}x",
        "{{ new if",
        "",
        "x" * (LONGEST + 1),
    ],
)
def test_what_could_run_long_reach_out_or_not_be_read_is_refused(text: str) -> None:
    assert str(refused(text))


def test_too_much_said_leaves_the_usual_words() -> None:
    long = order(number="9" * 200)
    message = said(Kind.STATUS, "{{number}}" * 190, sample(Kind.STATUS)[1], of=long)
    assert words(message).startswith("Status · 999")
