"""A service that shows what belongs to somebody else is found with the token of one person."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.types import Receive, Scope, Send

from waybill.app import Service, build
from waybill.http.reply import Reply
from waybill.process.settings import ProcessSettings
from waybill_toolkit.lab.conformance.exclusions import Exclusions
from waybill_toolkit.lab.conformance.people import Person, Viewpoint
from waybill_toolkit.lab.conformance.shop import Shop
from waybill_toolkit.lab.conformance.trial import Plan, Verdict, try_service
from waybill_toolkit.testing.serving import serving

ALICES: Final = "018f0000-0000-7000-8000-00000000000a"
BOBS: Final = "018f0000-0000-7000-8000-00000000000b"
OWNERS: Final = {ALICES: "alice", BOBS: "bob"}
ALICE: Final = Person("alice", "of-alice", frozenset({"things:read"}), {"customer_ref": "alice"})
BOB: Final = Person("bob", "of-bob", frozenset({"things:read"}), {"customer_ref": "bob"})
CLERK: Final = Person("carol", "of-carol", frozenset({"things:read", "things:any"}), {})
PEOPLE: Final = (ALICE, BOB, CLERK)
CONTRACT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "paths": {
        "/v1/things/{thing_id}": {
            "get": {
                "operationId": "get_thing",
                "security": [{"bearer": []}],
                "x-owner": "customer_ref",
                "parameters": [
                    {
                        "name": "thing_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "format": "uuid"},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "A thing.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    "404": {"description": "There is none."},
                },
            }
        }
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}


class Things:
    """Things of alice and bob; `leaks` says what is wrong."""

    def __init__(self, leaks: str = "") -> None:
        self._leaks = leaks

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await self._answer(scope).send(send)

    def _answer(self, scope: Scope) -> Reply:
        token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        caller = next((each for each in PEOPLE if each.token == token), None)
        thing_id = scope["path"].rsplit("/", 1)[-1].lower()
        owner = OWNERS.get(thing_id)
        sees = caller is CLERK or (caller and caller.refs["customer_ref"] == owner)
        if owner is None or not (sees or self._leaks):
            return Reply(404, (), b"")
        if self._leaks == "crash":
            return Reply(500, (), b"")
        shown = {"id": thing_id} if self._leaks == "id" else {"customer_ref": owner}
        body = {} if self._leaks == "change" else {"items": [shown]}
        return Reply(200, (("content-type", "application/json"),), json.dumps(body).encode())


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(CONTRACT))
    return path


def tried(contract: Path, things: Things, person: Person) -> Verdict:
    async def assemble(_settings: ProcessSettings) -> Service:
        paths = {"/v1/things/{thing_id}": {"GET": things}}
        return Service(contract=contract.parent, paths=paths)

    plan = Plan(
        seed=1,
        examples=20,
        token=person.token,
        viewpoint=Viewpoint.of("things", person, PEOPLE, OWNERS),
    )
    with serving(build(ProcessSettings(service="things"), assemble)) as address:
        return try_service(
            "things",
            contract,
            address,
            plan,
            shop=Shop({"path.thing_id": list(OWNERS)}, OWNERS),
            exclusions=Exclusions(()),
        )


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_a_service_that_keeps_people_apart_passes(contract: Path, person: Person) -> None:
    verdict = tried(contract, Things(), person)

    assert verdict.is_ok, verdict.failures
    assert verdict.service == f"things as {person.name}"
    assert verdict.answers["2xx"] > 0


@pytest.mark.parametrize(
    ("leaks", "found"),
    [
        ("owner", "/items/0/customer_ref is bob, which belongs to somebody else than alice"),
        ("id", f"/items/0/id is {BOBS}"),
        ("change", f"path/thing_id is {BOBS}"),
        ("crash", "Server error"),
    ],
)
def test_what_belongs_to_somebody_else_is_found(contract: Path, leaks: str, found: str) -> None:
    verdict = tried(contract, Things(leaks), ALICE)

    assert any(found in failure for failure in verdict.failures), verdict.failures


def test_a_clerk_may_see_everything(contract: Path) -> None:
    assert tried(contract, Things("owner"), CLERK).is_ok
