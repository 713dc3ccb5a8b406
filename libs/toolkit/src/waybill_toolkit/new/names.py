"""The names of a service, its entity, and the names derived from them."""

from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.generate.names import pascal

IRREGULAR: Final = {
    "analysis": "analyses",
    "basis": "bases",
    "child": "children",
    "datum": "data",
    "man": "men",
    "person": "people",
    "woman": "women",
}
"""By the last word of a name. Other irregular plurals need --plural."""

_SINGULAR_ENDS: Final = ("ss", "us", "is")


@dataclass(frozen=True, slots=True)
class Names:
    """A service, its entity, and the plural of the entity, all in snake_case."""

    service: str
    entity: str
    entities: str
    is_plural_given: bool = False
    """Whether the plural was given with --plural."""

    @classmethod
    def of(cls, service: str, entity: str, plural: str | None) -> "Names":
        return cls(service, entity, plural or plural_of(entity), plural is not None)

    @property
    def path(self) -> str:
        """The path after /v1/."""
        return _kebab(self.entities)

    @property
    def problem(self) -> str:
        """The problem type of a missing entity."""
        return f"{_kebab(self.entity)}-not-found"

    def variables(self) -> dict[str, str]:
        """Return the variables of templates and their paths."""
        words = self.entities.replace("_", " ")
        return {
            "service": self.service,
            "entity": self.entity,
            "entities": self.entities,
            "Service": pascal(self.service),
            "Entity": pascal(self.entity),
            "Entities": pascal(self.entities),
            "word": self.entity.replace("_", " "),
            "words": words,
            "Words": words.capitalize(),
            "kebab": _kebab(self.entity),
            "path": self.path,
        }


def plural_of(entity: str) -> str:
    """Return the plural of the last word by the regular rules."""
    before, underscore, word = entity.rpartition("_")
    return before + underscore + _plural(word)


def looks_plural(entity: str) -> bool:
    """Whether `entity` looks like a plural; `lens` does, too."""
    word = entity.rpartition("_")[2]
    if word in IRREGULAR.values():
        return True
    return word.endswith("s") and not word.endswith(_SINGULAR_ENDS)


def singular_of(plural: str) -> str:
    """Guess the singular, for a message."""
    before, underscore, word = plural.rpartition("_")
    irregular = {many: one for one, many in IRREGULAR.items()}
    if word in irregular:
        one = irregular[word]
    elif word.endswith("ies"):
        one = f"{word[:-3]}y"
    elif _plural(word[:-2]) == word:
        one = word[:-2]
    else:
        one = word[:-1]
    return before + underscore + one


def _plural(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    return f"{word}s"


def _kebab(name: str) -> str:
    return name.replace("_", "-")
