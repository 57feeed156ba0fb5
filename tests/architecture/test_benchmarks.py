"""The benchmarks say what they measured so that programs and people can rely on it."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.figure import at_least, at_most, figure, longest, under
from tests.benchmarks.listing import EVERY, delays_of

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    asking = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(asking, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_standard_output_is_json_alone_and_every_line_says_what_ran() -> None:
    lines = [json.loads(line) for line in _run("telling", "--short", "--json").stdout.splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert line["orderwatch"]
        assert line.keys() >= {"commit", "python", "uvloop"}
        assert line["short"] is True
        assert not line.keys() & {"aim", "met"}


def test_a_profile_that_cannot_be_written_is_refused_before_anything_is_measured() -> None:
    done = _run("telling", "--short", "--profile", "/nonexistent/x.html")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--profile /nonexistent/x.html cannot be written: No such file or directory\n"


def test_help_says_which_benchmarks_run_only_where_they_are_named() -> None:
    assert "with --short asleep and fleet only where they are named" in " ".join(_run("--help").stdout.split())


def test_a_missed_aim_is_marked_at_the_end_of_the_line_and_in_json() -> None:
    slow = figure("answer", "ms", [51.0], aim=under(50))
    assert slow.line("asking").endswith("51 ms  aim: under 50, ✗ missed")
    assert slow.as_dict()["met"] is False


def test_an_aim_that_is_met_is_said_to_be() -> None:
    quick = figure("answer", "ms", [49.0], aim=under(50))
    assert quick.line("asking").endswith("49 ms  aim: under 50, met")
    assert quick.as_dict()["met"] is True


def test_a_bound_is_kept_by_the_bound_itself_unless_it_is_to_be_under() -> None:
    assert at_most(1.6).is_met(1.6)
    assert at_least(15).is_met(15)
    assert not under(50).is_met(50)


def test_what_must_not_happen_even_once_is_the_longest_of_all_rounds() -> None:
    assert longest("block", "ms", [1.0, 90.0, 2.0], aim=under(50)).as_dict()["met"] is False


def test_news_that_was_not_seen_is_as_late_as_the_end() -> None:
    end = NOON + timedelta(hours=2)
    assert delays_of([(NOON, NOON + EVERY), (NOON, None)], end) == ([1.0, 8.0], 1)
