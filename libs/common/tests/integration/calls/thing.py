"""A contract of a service that tests call, as the generator would declare it."""

from dataclasses import dataclass
from typing import ClassVar, Final

from pydantic import BaseModel

from waybill.calls import CalledOperation
from waybill.http.contract import Answer, Operation, Parameter
from waybill.http.problems import Problem


class Thing(BaseModel):
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GetThing200(Answer):
    status: ClassVar[int] = 200
    body: Thing
    etag: str
    age: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateThing201(Answer):
    status: ClassVar[int] = 201
    body: Thing
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingNotFound(Problem):
    status: ClassVar[int] = 404
    slug: ClassVar[str] = "thing-not-found"
    title: ClassVar[str] = "The thing does not exist"

    thing_id: str


_THING_ID: Final = Parameter(
    name="thing_id", place="path", argument="thing_id", type=str, required=True
)
_SIZES: Final = Parameter(name="size", place="query", argument="size", type=list[int], many=True)
_IS_NEW: Final = Parameter(name="is_new", place="query", argument="is_new", type=bool)
_LANGUAGE: Final = Parameter(
    name="Accept-Language", place="header", argument="accept_language", type=str
)

_GET: Final = Operation(
    id="get_thing",
    method="GET",
    path="/v1/things/{thing_id}",
    scopes=None,
    parameters=(_THING_ID, _SIZES, _IS_NEW, _LANGUAGE),
    answers=(GetThing200, ThingNotFound),
)
GET: Final = CalledOperation[GetThing200 | ThingNotFound](_GET, is_repeatable=True)
GET_OR_LAST: Final = CalledOperation[GetThing200 | ThingNotFound](
    _GET, is_repeatable=True, last_known_seconds=60.0
)

_CREATE: Final = Operation(
    id="create_thing",
    method="POST",
    path="/v1/things",
    scopes=("things:write",),
    idempotent=True,
    body=Thing,
    answers=(CreateThing201,),
)
CREATE: Final = CalledOperation[CreateThing201](_CREATE, is_repeatable=True)
CREATE_ONCE: Final = CalledOperation[CreateThing201](_CREATE)
