"""The base of every domain model: immutable, and strict about unknown members."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value; two of them with equal members are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
