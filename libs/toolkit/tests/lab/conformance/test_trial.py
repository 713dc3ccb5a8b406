"""The conformance test finds each planted violation of a contract."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from schemathesis.engine.statistic import Statistic
from starlette.types import Receive, Scope, Send

from waybill.app import Service, build
from waybill.http.reply import Reply
from waybill.process.settings import ProcessSettings
from waybill_toolkit.lab.conformance.exclusions import Exclusion, Exclusions
from waybill_toolkit.lab.conformance.shop import Shop
from waybill_toolkit.lab.conformance.trial import Plan, Verdict, _dead_links, try_service
from waybill_toolkit.testing.serving import serving

TOKEN: Final = "let-me-in"  # noqa: S105
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
CONTRACT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "paths": {
        "/v1/things": {
            "get": {
                "operationId": "list_things",
                "security": [{"bearer": []}],
                "parameters": [
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 9},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "Things.",
                        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["things"],
                                    "properties": {"things": {"type": "integer", "minimum": 0}},
                                }
                            }
                        },
                        "links": {
                            "again": {
                                "operationId": "list_things",
                                "parameters": {"limit": "$response.body#/things"},
                            }
                        },
                    },
                    "401": {
                        "description": "Who?",
                        "x-problems": ["unauthenticated"],
                        "content": {"application/problem+json": {"schema": PROBLEM}},
                    },
                    "422": {
                        "description": "No.",
                        "x-problems": ["invalid-parameters"],
                        "content": {"application/problem+json": {"schema": PROBLEM}},
                    },
                },
            }
        }
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Problem": {
                "type": "object",
                "required": ["type", "status", "instance"],
                "properties": {
                    "type": {"type": "string"},
                    "status": {"type": "integer"},
                    "instance": {"type": "string"},
                },
            }
        },
    },
}


class Things:
    """A service that matches its contract, except for `changes`."""

    def __init__(self, **changes: Any) -> None:
        self._slug = str(changes.get("slug", "invalid-parameters"))
        self._is_open = bool(changes.get("is_open"))
        self._lets_in = bool(changes.get("lets_in"))
        self._refuses = bool(changes.get("refuses"))
        headers = changes.get("headers", {"etag": '"1"'})
        media_type = str(changes.get("media_type", "application/json"))
        self._good = Reply(
            int(changes.get("status", 200)),
            (*headers.items(), ("content-type", media_type)),
            bytes(changes.get("body", b'{"things": 3}')),
        )

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await self._answer(scope).send(send)

    def _answer(self, scope: Scope) -> Reply:
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        if not self._is_open and authorization != f"Bearer {TOKEN}":
            return self._problem(scope, 401, "unauthenticated")
        query = scope["query_string"].decode("latin-1")
        fits = query == "" or query in {f"limit={number}" for number in range(1, 10)}
        if self._refuses or not (fits or self._lets_in):
            return self._problem(scope, 422, self._slug)
        return self._good

    def _problem(self, scope: Scope, status: int, slug: str) -> Reply:
        content = {
            "type": f"urn:waybill:problem:{slug}",
            "status": status,
            "instance": scope["raw_path"].decode(),
        }
        headers = (("content-type", "application/problem+json"),)
        return Reply(status, headers, json.dumps(content).encode())


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(CONTRACT))
    return path


def tried(contract: Path, things: Things, exclusions: Exclusions | None = None) -> Verdict:
    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(contract=contract.parent, paths={"/v1/things": {"GET": things}})

    with serving(build(ProcessSettings(service="things"), assemble)) as address:
        return try_service(
            "things",
            contract,
            address,
            Plan(seed=1, examples=5, token=TOKEN),
            shop=Shop(),
            exclusions=exclusions or Exclusions(()),
        )


def test_a_service_that_keeps_its_contract_passes_in_all_phases(contract: Path) -> None:
    verdict = tried(contract, Things())

    assert (verdict.failures, verdict.errors) == ([], [])
    assert verdict.is_ok
    assert verdict.cases["coverage"] > 0
    assert verdict.cases["fuzzing"] > 0
    assert verdict.cases["stateful"] > 0
    assert verdict.links.total() > 0
    assert {"ignored_auth", "waybill_contract", "negative_data_rejection"} <= verdict.checks.keys()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": b'{"things": -1}'}, "-1 is less than the minimum of 0"),
        ({"body": b'{"things": 3, "secret": 1}'}, "secret"),
        ({"status": 202}, "Undocumented status code"),
        ({"status": 500}, "Server error"),
        ({"headers": {}}, "ETag"),
        ({"headers": {"etag": "1", "location": "/v1/x"}}, "the header Location is not declared"),
        ({"media_type": "text/plain"}, "Content-Type"),
        ({"slug": "no-such-thing"}, "the problem no-such-thing is none of"),
        ({"is_open": True}, "authentication"),
        ({"lets_in": True}, "Invalid data should have been rejected"),
        ({"refuses": True}, "Valid data should have been accepted"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_service_that_breaks_its_contract_fails(
    contract: Path, changes: dict[str, Any], said: str
) -> None:
    verdict = tried(contract, Things(**changes))

    assert not verdict.is_ok
    assert said in "\n".join(verdict.failures)


def test_a_link_that_never_finds_anything_fails(contract: Path) -> None:
    document = json.loads(contract.read_text())
    link = document["paths"]["/v1/things"]["get"]["responses"]["200"]["links"]["again"]
    link["parameters"] = {"limit": "$response.body#/thinks"}
    contract.write_text(json.dumps(document))

    verdict = tried(contract, Things())

    assert not verdict.is_ok
    assert "never finds $response.body#/thinks" in "\n".join(verdict.failures)


@pytest.mark.parametrize(("page", "count"), [(b'{"items": []}', 0), (b'{"items": [{}]}', 1)])
def test_a_link_is_dead_only_where_there_was_something_to_follow(page: bytes, count: int) -> None:
    failure = SimpleNamespace(
        id="link", source="", target="", expression="", parameter_name="",
        response=SimpleNamespace(content=page),
    )  # fmt: skip
    statistic = cast("Statistic", SimpleNamespace(extraction_failures=[failure]))

    assert len(list(_dead_links(statistic, Verdict("things", 1)))) == count


def test_an_excluded_failure_is_none_and_is_counted(contract: Path) -> None:
    exclusion = Exclusion(
        check="positive_data_acceptance",
        operations=("list_things",),
        problems=("invalid-parameters",),
        because="It refuses everything today.",
    )
    other = Exclusion(
        check="positive_data_acceptance",
        operations=("list_things",),
        problems=("another",),
        because="Not needed.",
    )
    exclusions = Exclusions((other, exclusion))

    verdict = tried(contract, Things(refuses=True), exclusions)

    assert verdict.failures == []
    assert exclusions.used[exclusion] > 0
    assert exclusions.unused() == [other]
