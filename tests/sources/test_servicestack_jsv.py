"""JSV as it is read: the tables of the format, the pretty form, and what the writer of the sandbox writes."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox._servicestack_writer import write_jsv, write_pretty_jsv
from bot.sources._servicestack import JsvError, read_jsv

SAMPLE_OF_THE_METADATA_PAGE = """{
\tResult: 
\t{
\t\tOrderNumber: String,
\t\tOrderDate: 0001-01-01,
\t\tStatus: Open,
\t\tShipments: 
\t\t[
\t\t\t{
\t\t\t\tShipmentId: 0,
\t\t\t\tHasBeenDispatched: False,
\t\t\t\tDispatchDate: 0001-01-01,
\t\t\t\tArticles: 
\t\t\t\t[
\t\t\t\t\t{
\t\t\t\t\t\tOrderNumber: String,
\t\t\t\t\t\tArticleNumber: String,
\t\t\t\t\t\tQuantity: 0,
\t\t\t\t\t\tCustomReference: String
\t\t\t\t\t}
\t\t\t\t],
\t\t\t\tPackages: 
\t\t\t\t[
\t\t\t\t\t{
\t\t\t\t\t\tShipmentMethod: String,
\t\t\t\t\t\tTrackingNumber: String,
\t\t\t\t\t\tTrackingUrl: String
\t\t\t\t\t}
\t\t\t\t]
\t\t\t}
\t\t]
\t},
\tIsSuccessful: False,
\tErrorMessage: String
}"""  # noqa: W291 - the formatter leaves a blank after the colon of a nested value

SAMPLE_READ: dict[str, Any] = {
    "Result": {
        "OrderNumber": "String",
        "OrderDate": "0001-01-01",
        "Status": "Open",
        "Shipments": [
            {
                "ShipmentId": "0",
                "HasBeenDispatched": "False",
                "DispatchDate": "0001-01-01",
                "Articles": [
                    {"OrderNumber": "String", "ArticleNumber": "String", "Quantity": "0", "CustomReference": "String"}
                ],
                "Packages": [{"ShipmentMethod": "String", "TrackingNumber": "String", "TrackingUrl": "String"}],
            }
        ],
    },
    "IsSuccessful": "False",
    "ErrorMessage": "String",
}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{A:,B:x}", {"A": None, "B": "x"}),
        ('{A:""}', {"A": ""}),
        ("{A: x }", {"A": " x "}),
        (
            '{IsSuccessful:False,ErrorMessage:"Order ""1"" not found, sorry"}',
            {"IsSuccessful": "False", "ErrorMessage": 'Order "1" not found, sorry'},
        ),
        (
            "{OrderDate:2023-08-23T10:00:00+02:00,Status:Open}",
            {"OrderDate": "2023-08-23T10:00:00+02:00", "Status": "Open"},
        ),
        ("[{A:1},{A:2}]", [{"A": "1"}, {"A": "2"}]),
        ("", None),
        ("\n", None),
        ("{}", {}),
        ("[]", []),
        ("[a,,b]", ["a", None, "b"]),
        ("[a,]", ["a", None]),
        ("[{},{A:1}]", [{}, {"A": "1"}]),
        ('{A:{B:[{C:x},{C:"y,z"}]}}', {"A": {"B": [{"C": "x"}, {"C": "y,z"}]}}),
        ('{"a:b":1}', {"a:b": "1"}),
        ("{ A :x}", {"A": "x"}),
        ('{A:"line one\r\nline two"}', {"A": "line one\r\nline two"}),
        ("{__type:Some.Type,A:1}", {"__type": "Some.Type", "A": "1"}),
        ("{A:null,B:True,C:1}", {"A": "null", "B": "True", "C": "1"}),
        ("{A:1}\r\n", {"A": "1"}),
        ("plain text, of any kind", "plain text, of any kind"),
        ('"quoted"', "quoted"),
        ("{A:\t\\ 'x'}", {"A": "\t\\ 'x'"}),
    ],
)
def test_travelling_text_is_read_by_the_grammar(written: str, read: Any) -> None:
    assert read_jsv(written) == read


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{A:1", "inside the { that opened at character 1"),
        ('{A:"1', "never closed, opened at character 4"),
        ("[a,b", "inside the [ that opened at character 1"),
        ("{A:{B:1}", "inside the { that opened at character 1"),
        ("{A", "a name without a colon at character 2"),
        ("{A:1}}", "text after the end at character 6"),
        ("{A:[1]x}", "'x' where a comma or } belongs at character 7"),
        ('{A:""abc""}', "'a' where a comma or } belongs at character 6"),
        ("{A,B:1}", "',' in a name at character 3"),
        ('{"A"1}', "no colon after a name at character 5"),
        ("[" * 100 + "]" * 100, "nested too deep at character 66"),
    ],
)
def test_broken_text_is_an_error_with_its_place_and_never_a_part(written: str, says: str) -> None:
    with pytest.raises(JsvError) as caught:
        read_jsv(written)
    assert says in str(caught.value)


def test_the_pretty_sample_of_the_metadata_page_is_read() -> None:
    assert read_jsv(SAMPLE_OF_THE_METADATA_PAGE) == SAMPLE_READ


def test_a_bare_line_end_makes_blanks_meaningless_and_a_quoted_one_does_not() -> None:
    assert read_jsv('{\n  A:  x ,\r\n\t"B C" : "y\n z"\n,D:\n}') == {"A": "x", "B C": "y\n z", "D": None}
    assert read_jsv('{A: x ,B:"y\nz"}') == {"A": " x ", "B": "y\nz"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Hello World", "Hello World"),
        ("", '""'),
        ("a,b", '"a,b"'),
        ("12:30", '"12:30"'),
        ("https://t.example/x?y=1", '"https://t.example/x?y=1"'),
        ('2" x 1"', '"2"" x 1"""'),
        ('"abc"', '"""abc"""'),
        ("a\nb", '"a\nb"'),
        ("  x", "  x"),
        ("C:\\tmp", '"C:\\tmp"'),
        (["a", None, "b"], "[a,,b]"),
        (True, "True"),
        ({"A": {"B": [{"C": "x"}, {"C": "y,z"}]}}, '{A:{B:[{C:x},{C:"y,z"}]}}'),
        ({"a:b": 1}, '{"a:b":1}'),
        ({"A": None, "B": 1}, "{B:1}"),
        (datetime(2023, 8, 23, 10, tzinfo=UTC), "2023-08-23T10:00:00Z"),
        (datetime(2023, 8, 23, 10, tzinfo=timezone(timedelta(hours=2))), "2023-08-23T10:00:00+02:00"),
        (datetime(2023, 8, 23, 10), "2023-08-23T10:00:00+02:00"),  # noqa: DTZ001 - a wall clock of the host
        (datetime(2023, 8, 23, 10, 0, 0, 123000, tzinfo=UTC), "2023-08-23T10:00:00.1230000Z"),
        (datetime(2023, 8, 23, tzinfo=UTC), "2023-08-23"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_the_sandbox_writes_what_the_net_serializer_writes(value: Any, written: str) -> None:
    assert write_jsv(value, ZoneInfo("Europe/Amsterdam")) == written


def test_the_sandbox_writes_the_pretty_form_as_the_metadata_page_shows_it() -> None:
    assert write_pretty_jsv(SAMPLE_READ) == SAMPLE_OF_THE_METADATA_PAGE


def _documents(texts: st.SearchStrategy[str], names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Maps and lists of what JSV can tell apart: no null members, and no list of one null."""
    return st.recursive(
        texts,
        lambda inner: (
            st.dictionaries(names, inner, max_size=4)
            | st.lists(inner | st.none(), max_size=4).filter(lambda items: items != [None])
        ),
        max_leaves=20,
    )


_PIECES = st.sampled_from(['"', ":", ",", "{", "}", "[", "]", "\r", "\n", "\t", " ", "\\", "a", "é", "🔧", "1", "null"])
_TEXTS = st.lists(_PIECES, max_size=8).map("".join) | st.text(max_size=12)
_TRIMMED = _TEXTS.map(lambda text: text.strip(" \t\r\n"))


@given(_documents(_TEXTS, _TRIMMED))
def test_what_is_written_is_read_back(value: Any) -> None:
    assert read_jsv(write_jsv(value)) == value


@given(st.dictionaries(_TRIMMED, _documents(_TRIMMED, _TRIMMED), min_size=1, max_size=4))
def test_what_is_written_for_people_is_read_back_too(value: Any) -> None:
    assert read_jsv(write_pretty_jsv(value)) == value


@given(st.text(alphabet='{}[]:," \nab', max_size=30))
def test_any_text_is_read_or_refused_with_a_place(written: str) -> None:
    try:
        read_jsv(written)
    except JsvError as error:
        assert "at character" in str(error)  # noqa: PT017 - reading it is right too
