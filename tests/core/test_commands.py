"""One grammar, whichever door a question comes through."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers_about import help_, misread
from bot.core.commands import VERBS, entry_of, parse, written, written_list
from bot.model.access import Role
from bot.model.command import Command, Misread, Until, Verb
from bot.model.order import Stage
from tests.core.making import words

DOORS = ("{verb} {rest}", "/{verb} {rest}", "/{verb}@orders_bot {rest}", "  {VERB}:  {rest} ")
"""After Slack's /order, in Telegram, in a Telegram group, and as people type it; the terminal's is Slack's."""

QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("help", {}),
    ("help watch", {"topic": "watch"}),
    ("status 45001234", {"names": ("45001234",)}),
    ("status 1Z 999 AA1 full", {"names": ("1Z 999 AA1", "1Z", "999", "AA1"), "in_full": True}),
    ("status of order 45001234, please", {"names": ("45001234",)}),
    ("status PO 778", {"names": ("PO 778", "778")}),
    ('status "PO 778"', {"names": ("PO 778", "778")}),
    ("status 45001234 and 45005678", {"names": ("45001234 and 45005678", "45001234", "45005678")}),
    ("status 45001234 at my panels share", {"names": ("45001234",), "source": "my panels", "shared": True}),
    ("status 45001234 at panels share", {"names": ("45001234",), "source": "panels", "shared": True}),
    ("list", {}),
    ("list late 3 source panels page 2", {"which": "late", "days": 3, "source": "panels", "page": 2}),
    ('list watchlist "plant-3 panels"', {"watchlist": "plant-3 panels"}),
    ("list watchlist all of stateset", {"watchlist": "all of stateset"}),
    ("list watchlist web shop late 2 days", {"watchlist": "web shop", "which": "late", "days": 2}),
    ("list source my panels, on hold", {"source": "my panels", "stage": Stage.ON_HOLD}),
    ("list mine shipped", {"mine": True, "stage": Stage.SHIPPED}),
    ("list stage on-hold", {"stage": Stage.ON_HOLD}),
    ("list stuck 14 days", {"which": "stuck", "days": 14}),
    ("history FR/45001234 page 3", {"names": ("FR/45001234",), "page": 3}),
    ("watch 45001234", {"names": ("45001234",)}),
    ("watch 45001234 me as line 3 drives", {"names": ("45001234",), "for_me": True, "note": "line 3 drives"}),
    ("watch 45001234 for me", {"names": ("45001234",), "for_me": True}),
    ("watch 45001234 here", {"names": ("45001234",)}),
    ("watch 45001234 at parts as “spare”", {"names": ("45001234",), "source": "parts", "note": "spare"}),
    ("unwatch 45001234 me", {"names": ("45001234",), "for_me": True}),
    ("mute 45001234 1h", {"names": ("45001234",), "lasts": timedelta(hours=1)}),
    ("mute 45001234 for 1d", {"names": ("45001234",), "lasts": timedelta(days=1)}),
    ("mute 45001234 2 days", {"names": ("45001234",), "lasts": timedelta(days=2)}),
    ("mute 45001234 for 1 week me", {"names": ("45001234",), "lasts": timedelta(days=7), "for_me": True}),
    ("mute 45001234 for me for 1h 30 min", {"names": ("45001234",), "lasts": timedelta(minutes=90), "for_me": True}),
    ("mute 45001234 an hour", {"names": ("45001234",), "lasts": timedelta(hours=1)}),
    ("mute 45001234 until change for me at parts", {"names": ("45001234",), "for_me": True, "source": "parts"}),
    ("mute 45001234 until it changes", {"names": ("45001234",)}),
    ("mute 45001234 until friday 17:30", {"names": ("45001234",), "until": Until(day="fri", clock=1050)}),
    (
        "mute 45001234 until tomorrow at 9am for me",
        {"names": ("45001234",), "until": Until(day="tomorrow", clock=540), "for_me": True},
    ),
    (
        "mute 45001234 kind promise moved 1d",
        {"names": ("45001234",), "kind": "promise_moved", "lasts": timedelta(days=1)},
    ),
    ("mute watchlist web shop", {"watchlist": "web shop"}),
    (
        "mute watchlist web shop kind line-changed until 2026-12-24 here",
        {"watchlist": "web shop", "kind": "line_changed", "until": Until(day="2026-12-24")},
    ),
    (
        "mute kind status 2h note they fix it until monday",
        {"kind": "status", "lasts": timedelta(hours=2), "note": "they fix it until monday"},
    ),
    ("mute everything me until 18:00", {"until": Until(clock=1080), "is_all": True, "for_me": True}),
    ("mute here", {"is_all": True}),
    ("snooze 45001234 until monday", {"names": ("45001234",), "until": Until(day="mon")}),
    ("snooze here 1d", {"lasts": timedelta(days=1), "is_all": True}),
    ("unmute 45001234", {"names": ("45001234",)}),
    ("ack 45001234 note they send it again", {"names": ("45001234",), "note": "they send it again"}),
    ("assign 45001234 me", {"names": ("45001234",), "person": "me", "for_me": True}),
    ("assign 45001234 to @U0123456789", {"names": ("45001234",), "person": "@U0123456789"}),
    ("unassign 45001234 at panels", {"names": ("45001234",), "source": "panels"}),
    ("list exceptions", {"which": "exceptions"}),
    ("unmute watchlist “web shop” me", {"watchlist": "web shop", "for_me": True}),
    ("list muted", {"which": "muted"}),
    ("check 45001234", {"names": ("45001234",)}),
    ("why 45001234", {"names": ("45001234",)}),
    ("due", {"which": "due"}),
    ("due 3", {"which": "due", "days": 3}),
    ("late source shop", {"which": "late", "source": "shop"}),
    ("sources", {}),
    ("about", {}),
    ("join kE3-x_9", {"topic": "kE3-x_9"}),
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("text", "members"), QUESTIONS, ids=[text for text, _ in QUESTIONS])
def test_the_same_question_is_the_same_command_at_every_door(door: str, text: str, members: dict[str, Any]) -> None:
    verb, _, rest = text.partition(" ")
    asked = parse(door.format(verb=verb, VERB=verb.upper(), rest=rest))
    assert asked == Command.model_validate({"verb": verb, **members})


def test_every_verb_is_tried_at_every_door() -> None:
    assert {text.partition(" ")[0] for text, _ in QUESTIONS} == {entry.verb.value for entry in VERBS} == set(Verb)


@pytest.mark.parametrize("entry", VERBS, ids=lambda entry: entry.verb.value)
def test_the_example_of_every_verb_is_what_it_says(entry: Any) -> None:
    asked = parse(entry.example)
    assert isinstance(asked, Command)
    assert asked.verb is entry.verb


def test_help_is_made_from_the_table() -> None:
    (message,) = help_(None, Role.OPERATOR).messages
    for entry in VERBS:
        assert (f"{entry.verb.value} {entry.arguments}".strip() in words(message)) is entry.is_listed


def test_nothing_at_all_asks_for_help() -> None:
    assert parse("  \u200b ") == Command(verb=Verb.HELP)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("stauts 45001234", "Did you mean status?"),
        ("histroy 4500", "Did you mean history? Ask like this: history 45001234"),
        ("list shiped", "I cannot list “shiped”. Did you mean shipped?"),
        ("list late soure panels", "Did you mean source?"),
        ("list nonsense", "watchlist NAME, page N, or a stage"),
        ("frobnicate", "say help"),
        ("mute 45001234", "Say 1h, 2 days, “until friday” or “until change”"),
        ("mute watchlist", "Which watchlist?"),
        ("mute kind promised_move", "Did you mean promise_moved?"),
        ("mute here 1d until friday", "Only one end can be"),
        ("mute here note", "What shall I note?"),
        ("mute here 1d note " + "x" * 101, "a note of up to 100 characters"),
        ("snooze 45001234", "Until when shall I keep it?"),
        ("snooze 45001234 until change", "Until when shall I keep it?"),
        ("mute 45001234 0 days", "up to 366 days"),
        ("mute 45001234 1h me 1d", "Only one of these can be: “1d” or “1h”."),
        ("mute 45001234 until banana", "Until when?"),
        ("watch 45001234 me here", "Only one of these can be: “here” or “me”."),
        ("watch 4500 as " + "x" * 101, "a name of up to 100 characters"),
        ("list late stuck", "Only one of these can be: “late” or “stuck”."),
        ("list stage purple", "There is no stage “purple”. There is unknown, placed"),
        ("list stage", "Which stage?"),
        ("list 5", "I cannot list “5”"),
        ("due abc", "I do not know what “abc” is to mean after due. There may be a number of days"),
        ("due -1", "“-1” is no number of days from 1 to 366. Write it like this: due 3"),
        ("late tomorrow", "“tomorrow” is to mean after late"),
        ("help nonsense", "There is no command “nonsense”."),
        ("help mtue", "Did you mean mute?"),
        ("help mute now", "I do not know what “now” is to mean here."),
        ("sources panels", "I do not know what “panels” is to mean here."),
        ("mute 45001234 99999999999d", "up to 366 days"),
        ("mute", "For how long?"),
        ("unmute", "Which order?"),
        ("mute me 1d", "Which order?"),
        ("status", "Write it like this: status 45001234"),
        ("list purple", "I cannot list “purple”"),
        ("list page 0", "is no page from 1"),
        ("list source", "Which source?"),
        ("watch 4500 as", "What shall I call it?"),
        ("join", "The code of your invite"),
        ("status " + "9" * 101, "No order number is longer"),
        ("x" * 10_000, "That is 10,000 characters"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_what_to_write(text: str, hint: str) -> None:
    asked = parse(text)
    assert isinstance(asked, Misread)
    assert hint in f"{asked.problem} {asked.advice}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("45001234", "45001234"),
        ("where is PO-778?", "PO-778"),
        ("is (1Z999AA10123456784) there yet", "1Z999AA10123456784"),
    ],
)
def test_a_line_that_holds_a_number_asks_for_its_status(text: str, name: str) -> None:
    asked = parse(text, in_passing=True)
    assert isinstance(asked, Command)
    assert (asked.verb, asked.in_passing) == (Verb.STATUS, True)
    assert name in asked.names


@pytest.mark.parametrize("text", ["stauts 45001234", "mtue 4500 1d", "frobnicate", "what is with 4500123"])
def test_a_slip_of_the_fingers_is_answered_alike_after_a_command_and_in_passing(text: str) -> None:
    assert parse(text) == parse(text, in_passing=True)


def test_what_buttons_ask_is_understood_as_it_was_meant() -> None:
    assert parse(written(Verb.MUTE, "FR/4500 12", "my panels", "1h")) == Command(
        verb=Verb.MUTE, names=("FR/4500 12",), source="my panels", lasts=timedelta(hours=1)
    )
    wanted = Command(
        verb=Verb.LIST, which="late", days=2, source="a b", watchlist="c d", mine=True, stage=Stage.ON_HOLD
    )
    assert parse(written_list(wanted, 4)) == wanted.model_copy(update={"page": 4})


UNDERSTOOD = (
    "me", "here", "for", "as", "at", "until", "change", "1h", "2", "days", "page", "full", "share", "late", "stuck",
    "mine", "source", "watchlist", "stage", "on", "hold", "45001234", "PO", "and", "banana", "panels", '"web shop"',
)  # fmt: skip


@given(verb=st.sampled_from(list(Verb)), rest=st.lists(st.sampled_from(UNDERSTOOD), max_size=6))
def test_no_word_that_means_an_order_or_nothing_is_dropped(verb: Verb, rest: list[str]) -> None:
    asked = parse(" ".join([verb, *rest]))
    if isinstance(asked, Command):
        kept = " ".join(
            [*asked.names, *filter(None, (asked.topic, asked.source, asked.watchlist, asked.note, asked.person))]
        )
        for word in {"45001234", "banana", "panels", "web shop"}.intersection(word.strip('"') for word in rest):
            assert word in kept


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="\u202e\u200f\x00\x1b[2J<!channel>*_`|@&'\";-/% 0123456789aé"),
    st.sampled_from(["' or 1=1; drop table orders; --", "<!everyone>", "\u202etxt.exe", "9" * 10_000, "${x}{{7*7}}"]),
)


@given(verb=st.sampled_from([*Verb, "", "/status@bot", "stat"]), rest=HOSTILE, in_passing=st.booleans())
def test_whatever_is_written_is_a_command_or_a_short_helpful_refusal(verb: str, rest: str, in_passing: bool) -> None:
    asked = parse(f"{verb} {rest}", in_passing=in_passing)
    if isinstance(asked, Misread):
        said = " ".join(map(words, misread(asked).messages))
        assert len(said) < 400
        assert asked.advice
        assert not any(char in said for char in "\u202e\u200f\x00\x1b")
    else:
        assert all(0 < len(name) <= 1000 for name in asked.names)
        assert entry_of(asked.verb).verb is asked.verb
