"""Messages that are too long: split between lines, folded between words, nothing lost."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from bot.chats._pages import Measure, pages
from bot.chats._text import plain, tidy
from bot.model.message import Line, Link, Message, Span, Text, When
from bot.model.moment import Moment
from tests.chats.harness import line, message

SMALL = Measure(room=400, text=len, span=2)

texts = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=300)
spans = st.one_of(
    st.builds(Text, text=texts, style=st.sampled_from(["plain", "strong", "code", "struck"])),
    st.builds(
        Link, text=texts, url=st.sampled_from(["https://a.example/t", "ftp://b.example", "https://" + "c" * 500])
    ),
    st.builds(When, at=st.sampled_from([Moment("2026-11-24"), Moment("2026-11-24T09:30:00Z")])),
)
lines = st.builds(Line, spans=st.lists(spans, max_size=5).map(tuple), indent=st.integers(0, 1))
messages = st.builds(
    Message, emoji=st.just("🚚"), headline=lines, body=st.lists(lines, max_size=12).map(tuple), footer=st.none() | lines
)


def words_of(some: list[Line]) -> str:
    """All words in order, without blanks and the form they take."""
    return "".join(_words(span) for one in some for span in one.spans)


def _words(span: Span) -> str:
    return "".join(char for char in plain(span, UTC) if not char.isspace())


@given(messages)
def test_every_page_is_within_the_room(given_message: Message) -> None:
    assert all(len(page.plain(UTC)) <= SMALL.room for page in pages(given_message, SMALL, UTC, repeated=True))


@given(messages)
def test_nothing_is_lost_and_nothing_moves(given_message: Message) -> None:
    whole = tidy(given_message)
    split = pages(given_message, SMALL, UTC)
    body = [one for page in split for one in page.body]
    last = split[-1].footer
    told = words_of([*body, *([last] if last else [])])
    assert words_of([*whole.body, *([whole.footer] if whole.footer else [])]) in told


@given(messages)
def test_the_marks_of_a_repeat_do_not_move_a_line(given_message: Message) -> None:
    first, again = (pages(given_message, SMALL, UTC, repeated=repeated) for repeated in (False, True))
    assert [page.body for page in first] == [page.body for page in again]


def test_a_message_that_fits_is_not_touched() -> None:
    (page,) = pages(message("one", "two", footer=line("source")), SMALL, UTC)
    assert page.plain(UTC) == "🚚 Dispatched · 45001234\none\ntwo\nsource"


def test_parts_are_numbered_and_the_last_one_carries_the_footer() -> None:
    split = pages(message(*["a line of some length"] * 30, footer=line("source")), SMALL, UTC)
    heads = [page.plain(UTC).split("\n")[0] for page in split]
    assert heads == [f"🚚 Dispatched · 45001234 ({number}/{len(split)})" for number in range(1, len(split) + 1)]
    assert [page.footer is not None for page in split] == [False] * (len(split) - 1) + [True]


def test_a_line_that_is_too_long_breaks_between_words() -> None:
    (page,) = pages(message("word " * 40), SMALL, UTC)
    assert all(piece.split() == ["word"] * len(piece.split()) for piece in page.plain(UTC).split("\n")[1:])
    assert len(page.body) > 1


def test_a_word_that_is_too_long_breaks_between_visible_signs() -> None:
    family = "👩\u200d👩\u200d👧"
    (page,) = pages(message(family * 40), SMALL, UTC)
    assert all(piece.replace(family, "") == "" for piece in page.plain(UTC).split("\n")[1:])


def test_a_headline_that_is_too_long_goes_on_in_the_body() -> None:
    (page,) = pages(message("news", headline="very " * 40), SMALL, UTC)
    assert page.plain(UTC).count("very") == 40
    assert page.body[-1] == line("news")


def test_a_line_does_not_end_a_page_when_what_stands_under_it_begins_the_next() -> None:
    entries = [one for number in range(8) for one in (line(f"Entry {number}"), line("x" * 60, indent=1))]
    split = pages(message(*entries), SMALL, UTC)
    assert len(split) > 2
    assert [page.body[0].indent for page in split] == [0] * len(split)
