"""What every source can be told in watchlists.yaml."""

from collections.abc import Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo

from multidict import CIMultiDict
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.gate import Gate
from bot.http_client import HttpClient
from bot.languages import languages
from bot.model.order import Stage
from bot.model.units import Rate, RateValue, Timeout
from bot.ports import Clock

_DAY = 86400.0


class SourceSettings(BaseModel):
    """Settings shared by all kinds. A kind adds its credentials and sets its own defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    kind: str
    base_url: str
    """Any server that speaks the protocol."""
    label: str | None = None
    """What people are shown instead of the name in the config."""
    budget: Rate
    daily_budget: Rate | None = None
    """A second limit that holds beside `budget`, such as `5000/day`."""
    in_flight: int = Field(ge=1, le=100)
    """Requests at the same time."""
    timeout: Timeout = Field(default="30s", validate_default=True)
    """For one whole answer."""
    timezone: str = "UTC"
    """Zone of times the source gives without one."""
    statuses: dict[str, Stage] = {}
    """Status code or text of the source, to the stage it means; goes before our own reading."""
    display: dict[str, dict[str, str]] = {}
    """Language to what its readers are shown for a status word, such as `{fr: {In production: En fabrication}}`; the
    source's own word stays in the history."""
    fields: list[str] = []
    """Further fields to follow, as dotted paths into the payload; each difference is a change of kind `other`."""
    personal_data: Literal["drop", "keep"] = "drop"
    """Whether the answers kept as proof lose names, addresses and free texts first."""
    headers: dict[str, str] = Field(default={}, repr=False)
    """Sent with every request, for gateways that ask for more."""

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/")

    @field_validator("daily_budget")
    @classmethod
    def _of_a_day(cls, value: RateValue | None) -> RateValue | None:
        if value is not None and value.seconds != _DAY:
            raise ValueError(f"must be for a day, such as 5000/day; {value} belongs in `budget`")
        return value

    @field_validator("display")
    @classmethod
    def _known_languages(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        if unknown := sorted(value.keys() - set(languages())):
            raise ValueError(f"no words are known in '{unknown[0]}'; there are {', '.join(languages())}")
        if any(not shown.strip() for names in value.values() for shown in names.values()):
            raise ValueError("has an empty name; leave a word out to show it as it is")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Paris") from None
        return value

    def client(
        self, name: str, clock: Clock, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> HttpClient:
        """An HTTP client within this source's budget. `headers` go with every request, before those of the config."""
        all_headers = CIMultiDict(self.headers)
        all_headers.update(headers or {})
        rates = [rate for rate in (self.budget, self.daily_budget) if rate]
        return HttpClient(
            name,
            clock,
            Gate(clock, rates, self.in_flight),
            timeout=self.timeout.total_seconds(),
            headers=all_headers,
            **options,
        )
