"""Who reaches whose resources: every operation with an owner, tried by every kind of caller.

The table of operations is the merged contract, so an operation that is added is tried too. Callers
are tried with the tokens of a file, and with those of identity for the demo principals.
"""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.schema_check import read_json
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import SHOP
from waybill_toolkit.platform.plan import GATEWAY, Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.token import fetch_token
from waybill_toolkit.testing.eventually import eventually

REPOSITORY: Final = Repository.around(Path(__file__))
CONTRACT: Final = read_json(REPOSITORY.package(GATEWAY) / "openapi.json")
OWN: Final = {
    scope
    for item in CONTRACT["paths"].values()
    for method, operation in item.items()
    if method != "parameters"
    for way in operation["security"]
    for scopes in way.values()
    for scope in scopes
}
SCOPES: Final = OWN | {f"{service}:any" for service in REPOSITORY.services}
PRINCIPALS: Final = {"alice": "alice", "bob": "bob", "clerk": "carol", "intern": "dave"}
"""The demo principals by the kind of caller that they are. demo-shop is another clerk."""
CALLERS: Final[dict[str, tuple[set[str], dict[str, str]]]] = {
    "alice": (OWN, {"customer_ref": "alice"}),
    "bob": (OWN, {"customer_ref": "bob"}),
    "clerk": (SCOPES, {}),
    "robot": (OWN, {}),
    "intern": (set(), {"customer_ref": "alice"}),
}
"""The owner, another customer, a clerk, one that owns nothing, and one without scopes."""

# What belongs to a user (`user_id`) is tried in services/identity/tests.
OWNED: Final = [
    (method.upper(), path, operation)
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if method != "parameters" and operation.get("x-owner") == "customer_ref"
]
"""What customers own. What a user owns at identity is tried with identity."""
BY_ID: Final = [each for each in OWNED if "{" in each[1]]
LISTS: Final = [each for each in OWNED if "{" not in each[1] and each[0] == "GET"]
SKU: Final = "OWNED"


@dataclass(frozen=True)
class Door:
    """The gateway of a platform with access by token."""

    http: httpx.Client
    tokens: dict[str, str]

    def known(self, *callers: str | None) -> tuple[str | None, ...]:
        """Leave out the callers that have no token; None is one without a token."""
        return tuple(each for each in callers if each is None or each in self.tokens)

    def ask(
        self, caller: str | None, method: str, path: str, body: object = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        if caller is not None:
            headers["Authorization"] = f"Bearer {self.tokens[caller]}"
        return self.http.request(method, path, json=body, headers=headers)

    def place(self, caller: str, customer_ref: str) -> httpx.Response:
        return self.ask(caller, "POST", "/v1/orders", _order(customer_ref))


def _order(customer_ref: str) -> dict[str, Any]:
    return {
        "customer_ref": customer_ref,
        "currency": "GBP",
        "lines": [{"sku": SKU, "quantity": 1}],
        "payment": {"token": "tok_approve"},
    }


@pytest.fixture(scope="module", params=["token file", "identity"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    if request.param == "token file":
        with _with_token_file() as door:
            yield _seeded(door)
        return
    platform: Platform = request.getfixturevalue("guarded_platform")
    tokens = {kind: fetch_token(platform, name) for kind, name in PRINCIPALS.items()}
    with httpx.Client(base_url=platform.addresses[GATEWAY], timeout=30) as http:
        yield _seeded(Door(http, tokens | {"shop": fetch_token(platform, SHOP)}))


@contextmanager
def _with_token_file() -> Iterator[Door]:
    tokens = {name: secrets.token_urlsafe(16) for name in CALLERS}
    grants = {
        hashlib.sha256(tokens[name].encode()).hexdigest(): {
            "subject": f"user:{name}",
            "scopes": sorted(scopes),
            "claims": claims,
        }
        for name, (scopes, claims) in CALLERS.items()
    }
    with short_folder() as folder:
        file = folder / "tokens.json"
        file.write_text(json.dumps(grants))
        file.chmod(0o644)
        settings = {"WAYBILL_ACCESS": str(file)}
        services = REPOSITORY.root / "services"
        plan = Plan.of(folder / "data", services, free_port_base(), settings)
        with (
            running(plan) as platform,
            httpx.Client(base_url=platform.addresses[GATEWAY], timeout=30) as http,
        ):
            yield Door(http, tokens)
        remove_home(plan.data)


def _seeded(door: Door) -> Door:
    price = {"amount_minor": 250, "currency": "GBP"}
    product = {"name": "Owned", "variants": [{"sku": SKU, "price": price}]}
    created = door.ask("clerk", "POST", "/v1/products", product)
    assert created.status_code == 201, created.text
    units = {"delta": 1000, "reason": "received"}
    path = f"/v1/stock/{SKU}/adjustments"
    assert door.ask("clerk", "POST", path, units).status_code == 201
    return door


@pytest.fixture(scope="module")
def ids(door: Door) -> dict[str, str]:
    """The ids of a confirmed order of alice and of its payment."""

    async def placed() -> httpx.Response:
        return door.place("alice", "alice")

    accepted = eventually(
        "the SKU has a price for orders",
        placed,
        lambda each: each.status_code == 201,
        fails=lambda each: each.status_code != 422,
        show=lambda each: each.text,
    )
    order_id = asyncio.run(accepted).json()["order_id"]

    async def status() -> str:
        return str(door.ask("alice", "GET", f"/v1/orders/{order_id}").json()["status"])

    asyncio.run(eventually("the order is confirmed", status, lambda each: each == "confirmed"))
    payments = door.ask("alice", "GET", "/v1/payments").json()["items"]
    return {"order_id": order_id, "payment_id": payments[0]["payment_id"]}


def test_every_kind_of_resource_has_an_owned_operation() -> None:
    assert {path.split("/")[2] for _, path, _ in OWNED} == {"orders", "payments", "reservations"}


@pytest.mark.parametrize(("method", "path", "operation"), OWNED)
def test_caller_without_a_token_a_scope_or_a_resource_is_refused(
    door: Door, ids: dict[str, str], method: str, path: str, operation: dict[str, Any]
) -> None:
    body = _order("alice") if "requestBody" in operation else None
    statuses = {
        caller: door.ask(caller, method, path.format(**ids), body).status_code
        for caller in door.known(None, "intern", "robot")
    }
    assert statuses == {None: 401} | dict.fromkeys(door.known("intern", "robot"), 403)


@pytest.mark.parametrize(("method", "path", "operation"), BY_ID)
def test_resource_of_another_owner_is_answered_like_an_unknown_one(
    door: Door, ids: dict[str, str], method: str, path: str, operation: dict[str, Any]
) -> None:
    unknown = {name: str(uuid4()) for name in ids}
    theirs = door.ask("bob", method, path.format(**ids))
    none = door.ask("bob", method, path.format(**unknown))

    assert (theirs.status_code, none.status_code) == (404, 404)
    assert _without_ids(theirs, ids) == _without_ids(none, unknown)
    if method == "GET":
        assert door.ask("bob", "HEAD", path.format(**ids)).status_code == 404
        for caller in door.known("alice", "clerk", "shop"):
            assert door.ask(caller, method, path.format(**ids)).status_code == 200


@pytest.mark.parametrize(("method", "path", "operation"), LISTS)
def test_list_has_the_callers_own_resources_only(
    door: Door, ids: dict[str, str], method: str, path: str, operation: dict[str, Any]
) -> None:
    own = door.ask("alice", method, path).json()["items"]
    assert {each["customer_ref"] for each in own} == {"alice"}
    assert door.ask("bob", method, path).json()["items"] == []
    assert door.ask("bob", method, f"{path}?customer_ref=alice").status_code == 403
    assert door.ask("bob", method, f"{path}?customer_ref=bob").json()["items"] == []
    for caller in door.known("clerk", "shop"):
        assert len(door.ask(caller, method, path).json()["items"]) >= len(own)
    if "payments" in path:
        by_order = f"{path}?order_id={ids['order_id']}"
        assert door.ask("bob", method, by_order).json()["items"] == []
        assert len(door.ask("alice", method, by_order).json()["items"]) == 1


def test_cursor_of_another_caller_shows_the_callers_own_resources_only(
    door: Door, ids: dict[str, str]
) -> None:
    assert door.place("alice", "alice").status_code == 201
    cursor = door.ask("alice", "GET", "/v1/orders?limit=1").json()["next_cursor"]

    assert cursor is not None
    page = door.ask("bob", "GET", f"/v1/orders?limit=1&cursor={cursor}").json()
    assert page == {"items": [], "next_cursor": None}


@pytest.mark.usefixtures("ids")
def test_order_in_the_name_of_another_customer_is_refused(door: Door) -> None:
    refused = door.place("bob", "alice")

    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:waybill:problem:forbidden"
    for caller in door.known("clerk", "shop"):
        assert door.place(str(caller), "alice").status_code == 201


def test_cancellation_by_another_customer_changes_nothing(door: Door, ids: dict[str, str]) -> None:
    order = f"/v1/orders/{ids['order_id']}"
    history = door.ask("alice", "GET", f"{order}/history").json()

    assert door.ask("bob", "POST", f"{order}/cancellation").status_code == 404
    assert door.ask("alice", "GET", order).json()["status"] == "confirmed"
    assert door.ask("alice", "GET", f"{order}/history").json() == history
    assert door.ask("alice", "POST", f"{order}/cancellation").status_code == 202


@pytest.mark.usefixtures("ids")
def test_idempotency_key_of_another_caller_is_a_new_request(door: Door) -> None:
    key = {"Idempotency-Key": "shared-by-both"}
    answers = [
        door.http.post(
            "/v1/orders",
            json=_order(name),
            headers={**key, "Authorization": f"Bearer {door.tokens[name]}"},
        )
        for name in ("alice", "bob")
    ]

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[1].json()["customer_ref"] == "bob"
    assert "Idempotent-Replayed" not in answers[1].headers


def _without_ids(response: httpx.Response, ids: dict[str, str]) -> str:
    problem = {**response.json(), "trace_id": "", "instance": ""}
    text = json.dumps(problem)
    for name, value in ids.items():
        text = text.replace(value, name)
    return text
