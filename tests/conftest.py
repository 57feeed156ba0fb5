"""How properties are tried: by what holds, and never by how fast, because machines are busy.

Each time with other examples, but where CI decides about a change: there luck does not.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "orderwatch",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("orderwatch")
