"""What the headers of a good answer say about the next request."""

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from bot.core.retry_after import pause_after

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}, 20.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 45)}, 45.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, 7.0),
        ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "20"}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Reset": "20"}, None),
        ({}, None),
    ],
)
def test_the_last_answer_for_now_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert pause_after(CIMultiDict(headers), NOW) == seconds
