"""How properties are tried: by what holds, and never by how fast, because machines are busy."""

from hypothesis import HealthCheck, settings

settings.register_profile("orderwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("orderwatch")
