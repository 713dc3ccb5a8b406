"""A principal of the demonstration, and what it must not see of the others.

The owner of a resource is in its contract (`x-owner`), so what an operation answers is judged
without knowing the operation.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemathesis.core.transport import Response

from waybill_toolkit.contracts.schema_check import Json
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import PEOPLE, SHOP
from waybill_toolkit.platform.token import fetch_token

PRINCIPALS: Final = (*PEOPLE, SHOP)
OWNERS: Final = ("customer_ref", "user_id")
"""The claims of tokens, and the fields of resources, that name an owner."""


@dataclass(frozen=True, slots=True)
class Person:
    """A principal with its token."""

    name: str
    token: str
    scopes: frozenset[str]
    refs: Mapping[str, str]
    """What it is called as an owner, by field."""


def log_in(platform: Platform, name: str) -> Person:
    """Get a token of a demo principal, which is valid for five minutes. Raises PlatformError."""
    token = fetch_token(platform, name)
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    refs = {field: claims[field] for field in OWNERS if field in claims}
    return Person(name, token, frozenset(claims["scope"].split()), refs)


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """One person among others, in front of one service."""

    service: str
    person: Person
    others: frozenset[str]
    """Ids of resources of the others, and how they are called."""

    @classmethod
    def of(
        cls, service: str, person: Person, people: Iterable[Person], ids: Mapping[str, str]
    ) -> "Viewpoint":
        """Look from `person`; `ids` are the owners of resources by their ids."""
        own = {*person.refs.values()}
        others = {ref for each in people for ref in each.refs.values()} - own
        return cls(service, person, frozenset(others | {i for i in ids if ids[i] not in own}))

    def foreign(self, operation: Json, path: Mapping[str, Any], response: Response) -> list[str]:
        """Return what an answer shows of others, or has changed of them; `path` are parameters."""
        rule = _rule(operation, self.service)
        if rule is None or not 200 <= response.status_code < 300 or rule[1] in self.person.scopes:
            return []
        field, own = rule[0], self.person.refs.get(rule[0])
        shown = [*_leaves("path", path), *_leaves("", _json(response))]
        return [
            f"{place} is {value}, which belongs to somebody else than {self.person.name}"
            for place, value in shown
            if value in self.others or (_name(place) == field and value != own)
        ]


def _rule(operation: Json, service: str) -> tuple[str, str] | None:
    """Return the field with the owner, and the scope for everybody's resources."""
    match operation.get("x-owner"):
        case {"field": field, "any": everybody}:
            return field, everybody
        case str(field):
            return field, f"{service}:any"
        case _:
            return None


def _json(response: Response) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (JSON)
    """Yield each text in a JSON value, with its place."""
    match value:
        case dict():
            for name, each in value.items():
                yield from _leaves(f"{place}/{name}", each)
        case list():
            for number, each in enumerate(value):
                yield from _leaves(f"{place}/{number}", each)
        case str():
            yield place, value
        case _:
            pass


def _name(place: str) -> str:
    return place.rsplit("/", 1)[-1]
