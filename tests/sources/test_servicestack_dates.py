"""Dates from .NET hosts, in every form that their serializers write."""

from zoneinfo import ZoneInfo

import pytest

from bot.sources._servicestack import net_moment

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("/Date(1692784800000)/", "2023-08-23T10:00:00Z"),
        ("\\/Date(1692784800000)\\/", "2023-08-23T10:00:00Z"),
        ("/Date(1692784800000+0200)/", "2023-08-23T10:00:00Z"),
        ("/Date(1692784800000+0000)/", "2023-08-23T10:00:00Z"),
        ("/Date(1692784800000-0000)/", "2023-08-23T10:00:00Z"),
        ("/Date(1692784800123)/", "2023-08-23T10:00:00.123Z"),
        ("/Date(-62135596800000-0000)/", None),
        ("/Date(-62135596800000)/", None),
        ("/Date(-62135600400000)/", None),
        ("/Date(999999999999999999)/", None),
        ("2023-08-23T10:00:00.0000000", "2023-08-23T08:00:00Z"),
        ("2023-08-23T10:00:00.0000000Z", "2023-08-23T10:00:00Z"),
        ("2023-08-23T10:00:00.0000000+02:00", "2023-08-23T08:00:00Z"),
        ("2023-08-23T10:00:00.0000000-05:00", "2023-08-23T15:00:00Z"),
        ("2023-08-23T10:00:00.1234567Z", "2023-08-23T10:00:00.123456Z"),
        ("2020-03-11T20:36:15.000+0000", "2020-03-11T20:36:15Z"),
        ("2023-08-23 10:00:00", "2023-08-23T08:00:00Z"),
        ("2023-08-23", "2023-08-23"),
        ("Wed, 23 Aug 2023 10:00:00 GMT", "2023-08-23T10:00:00Z"),
        ("1692784800", "2023-08-23T10:00:00Z"),
        ("1692784800000", "2023-08-23T10:00:00Z"),
        (1692784800000, "2023-08-23T10:00:00Z"),
        ("-62135596800", None),
        ("2023-08-23T10:00:00Z", "2023-08-23T10:00:00Z"),
        ("2023-08-23T10:00:00+02:00", "2023-08-23T08:00:00Z"),
        ("2023-08-23T10:00:00.123Z", "2023-08-23T10:00:00.123Z"),
        ("0001-01-01", None),
        ("/Date(253402300799999)/", None),
        ("9999-12-31T00:00:00.0000000", None),
        ("9999-12-31", None),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00.0000000", None),
        ("0001-01-01T00:00:00.0000000+01:00", None),
        ("9999-12-31T23:59:59.9999999-05:00", None),
        ("", None),
        (None, None),
        ("not a date", None),
        ("Someday, GMT", None),
        ("24:61", None),
    ],
)
def test_a_date_is_read_in_every_form(written: object, moment: str | None) -> None:
    assert net_moment(written, AMSTERDAM) == moment


@pytest.mark.parametrize(
    "written",
    [
        "2023-08-23T00:00:00.0000000",
        "2023-08-23T00:00:00.0000000Z",
        "2023-08-23T00:00:00.0000000+02:00",
        "/Date(1692741600000+0200)/",
        "/Date(1692741600000-0000)/",
        "/Date(1692748800000)/",
    ],
)
def test_midnight_in_json_means_the_day_that_jsv_would_write(written: str) -> None:
    assert net_moment(written, AMSTERDAM) == "2023-08-23"


def test_the_minimum_date_does_not_overflow_in_any_zone() -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        assert net_moment("0001-01-01T00:00:00", ZoneInfo(zone)) is None
        assert net_moment("/Date(-62135596800000-0000)/", ZoneInfo(zone)) is None


def test_a_time_in_the_gap_of_spring_is_read_and_not_refused() -> None:
    assert net_moment("2026-03-29T02:30:00.0000000", AMSTERDAM) == "2026-03-29T01:30:00Z"
