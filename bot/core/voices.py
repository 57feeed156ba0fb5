"""How each destination is spoken to: in which language, and in whose words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.wording import Templates
from bot.core.words import ENGLISH, Words


@dataclass(frozen=True, slots=True)
class Voices:
    """The words and templates of each destination, and those of places that are in no config."""

    default: Words = ENGLISH
    places: Mapping[str, Words] = field(default_factory=dict)
    default_templates: Templates = field(default_factory=dict)
    templates: Mapping[str, Templates] = field(default_factory=dict)

    def at(self, destination: str) -> Words:
        """The words for a destination."""
        return self.places.get(destination, self.default)

    def templates_at(self, destination: str) -> Templates:
        """What the config has its messages say in its own words."""
        return self.templates.get(destination, self.default_templates)
