"""A kind that offers what it must."""

Settings = object


def build() -> None:
    """Nothing is built here."""
