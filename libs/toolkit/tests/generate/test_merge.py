"""Merging documents: shared components, renamed components, refused conflicts."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from waybill_toolkit.contracts.generate.bundle import bundle
from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.merge import Door, Part, merge
from waybill_toolkit.contracts.repository import Repository, stale

Json = dict[str, Any]

DOOR: Final = Door(
    "gateway",
    {
        "openapi": "3.1.0",
        "info": {"title": "All", "version": "1"},
        "servers": [{"url": "/"}],
        "answers": {
            "every_operation": {"502": {"$ref": "#/components/responses/BadGateway"}},
            "with_body": {"408": {"description": "Too slow."}},
        },
        "components": {"responses": {"BadGateway": {"description": "Broken off."}}},
    },
)


def _get(operation_id: str, schema: str, **more: Any) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    answer = {"description": "It.", "content": content}
    return {"get": {"operationId": operation_id, "responses": {"200": answer}, **more}}


def _contract(paths: Json, *, schemas: Json, scopes: Json | None = None) -> Json:
    flow = {"tokenUrl": "/t", "scopes": scopes or {}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "One", "version": "1", "description": "One of them."},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}}},
        },
    }


def _merged(folder: Path, **contracts: Json) -> Json:
    library, faults, parts = Library(), Faults(), []
    for service, contract in contracts.items():
        path = folder / service / "openapi.yaml"
        path.parent.mkdir()
        path.write_text(json.dumps(contract, indent=1))
        root = library.open(path)
        parts.append(Part(service, root, bundle(root, faults).content))
    merged = merge(DOOR, parts, faults)
    faults.stop_if_any()
    OpenAPIV31SpecValidator(merged).validate()
    return merged


MONEY: Final = {"type": "integer"}
STATUS_OF_A: Final = {"enum": ["open"]}
STATUS_OF_B: Final = {"enum": ["closed"]}


def _referring(name: str) -> Json:
    return {"type": "object", "properties": {"it": {"$ref": f"#/components/schemas/{name}"}}}


def test_each_operation_names_its_service_and_the_responses_of_the_gateway(
    tmp_path: Path,
) -> None:
    with_body = _get("put_it", "Money", requestBody={"content": {}})
    merged = _merged(
        tmp_path,
        a=_contract({"/a": _get("get_a", "Money")}, schemas={"Money": MONEY}),
        b=_contract({"/b": with_body}, schemas={"Money": MONEY}),
    )

    get_a, get_b = merged["paths"]["/a"]["get"], merged["paths"]["/b"]["get"]
    assert (get_a["x-service"], get_a["tags"]) == ("a", ["a"])
    assert (get_b["x-service"], get_b["tags"]) == ("b", ["b"])
    assert (list(get_a["responses"]), list(get_b["responses"])) == (
        ["200", "502"],
        ["200", "408", "502"],
    )
    assert [tag["name"] for tag in merged["tags"]] == ["a", "b"]


def test_a_component_that_is_the_same_everywhere_is_there_once(tmp_path: Path) -> None:
    merged = _merged(
        tmp_path,
        a=_contract({"/a": _get("a", "Money")}, schemas={"Money": MONEY}),
        b=_contract({"/b": _get("b", "Money")}, schemas={"Money": MONEY}),
    )

    assert merged["components"]["schemas"] == {"Money": MONEY}


def test_components_that_differ_are_named_apart_with_all_that_refers_to_them(
    tmp_path: Path,
) -> None:
    schemas = {"Page": _referring("Item"), "Item": _referring("Status"), "Money": MONEY}
    paths_of_b = {"/b": _get("b", "Page"), "/m": _get("m", "Money")}
    merged = _merged(
        tmp_path,
        a=_contract({"/a": _get("a", "Page")}, schemas={**schemas, "Status": STATUS_OF_A}),
        b_to_b=_contract(paths_of_b, schemas={**schemas, "Status": STATUS_OF_B}),
    )

    assert merged["components"]["schemas"] == {
        "APage": _referring("AItem"),
        "AItem": _referring("AStatus"),
        "AStatus": STATUS_OF_A,
        "BToBPage": _referring("BToBItem"),
        "BToBItem": _referring("BToBStatus"),
        "BToBStatus": STATUS_OF_B,
        "Money": MONEY,
    }
    answer = merged["paths"]["/b"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/BToBPage")


def test_a_discriminator_follows_its_schemas(tmp_path: Path) -> None:
    pay = {
        "oneOf": [{"$ref": "#/components/schemas/Status"}],
        "discriminator": {"propertyName": "k", "mapping": {"x": "#/components/schemas/Status"}},
    }
    merged = _merged(
        tmp_path,
        a=_contract({"/a": _get("a", "Pay")}, schemas={"Pay": pay, "Status": STATUS_OF_A}),
        b=_contract({"/b": _get("b", "Status")}, schemas={"Status": STATUS_OF_B}),
    )

    mapping = merged["components"]["schemas"]["Pay"]["discriminator"]["mapping"]
    assert mapping == {"x": "#/components/schemas/AStatus"}


def test_internal_operations_and_their_components_are_left_out(tmp_path: Path) -> None:
    hidden = _get("hidden", "Secret", **{"x-internal": True})
    merged = _merged(
        tmp_path,
        a=_contract(
            {"/a": _get("a", "Money"), "/hidden": hidden},
            schemas={"Money": MONEY, "Secret": _referring("Money")},
        ),
    )

    assert list(merged["paths"]) == ["/a"]
    assert list(merged["components"]["schemas"]) == ["Money"]


def test_scopes_of_all_services_are_one_list(tmp_path: Path) -> None:
    paths = {name: {f"/{name}": _get(name, "Money")} for name in ("a", "b")}
    merged = _merged(
        tmp_path,
        a=_contract(paths["a"], schemas={"Money": MONEY}, scopes={"z": "Z", "b": "B"}),
        b=_contract(paths["b"], schemas={"Money": MONEY}, scopes={"a": "A"}),
    )

    flow = merged["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert list(flow["scopes"].items()) == [("a", "A"), ("b", "B"), ("z", "Z")]


def _refusal(folder: Path, **contracts: Json) -> str:
    with pytest.raises(ContractError) as refused:
        _merged(folder, **contracts)
    [fault] = refused.value.faults
    return str(fault).removeprefix(f"{folder.resolve()}/")


def test_two_services_with_one_path_are_refused(tmp_path: Path) -> None:
    refusal = _refusal(
        tmp_path,
        a=_contract({"/v1/x/{id}": _get("a", "Money")}, schemas={"Money": MONEY}),
        b=_contract({"/v1/x/{name}": _get("b", "Money")}, schemas={"Money": MONEY}),
    )

    assert refusal == "b/openapi.yaml:9: a serves /v1/x/{name} too; choose another path."


def test_two_services_with_one_operation_id_are_refused(tmp_path: Path) -> None:
    refusal = _refusal(
        tmp_path,
        a=_contract({"/a": _get("get_it", "Money")}, schemas={"Money": MONEY}),
        b=_contract({"/b": _get("get_it", "Money")}, schemas={"Money": MONEY}),
    )

    assert refusal == "b/openapi.yaml:11: a has an operation get_it too; rename one of them."


def test_two_security_schemes_with_one_name_are_refused(tmp_path: Path) -> None:
    other = _contract({"/b": _get("b", "Money")}, schemas={"Money": MONEY})
    other["components"]["securitySchemes"]["oauth2"] = {"type": "http", "scheme": "bearer"}

    refusal = _refusal(
        tmp_path,
        a=_contract({"/a": _get("a", "Money")}, schemas={"Money": MONEY}),
        b=other,
    )

    assert "the security scheme oauth2 is another one than that of a" in refusal


@pytest.fixture
def with_gateway(repository: Repository) -> Repository:
    """The small tree, with a gateway in front of it."""
    contracts = repository.root / "contracts"
    (contracts / "gateway").mkdir()
    written = {
        **{key: DOOR.content[key] for key in ("openapi", "info", "servers")},
        "answers": {
            "every_operation": {
                "502": {"$ref": "../shared/components.yaml#/components/responses/BadGateway"}
            },
            "with_body": {},
        },
    }
    (contracts / "gateway" / "gateway.yaml").write_text(json.dumps(written, indent=1))
    with (contracts / "shared" / "problems.yaml").open("a") as file:
        file.write("bad-gateway: {status: 502, title: Broken off, raised_by: gateway}\n")
    components = contracts / "shared" / "components.yaml"
    answer = (
        "  responses:\n    BadGateway: {description: It, x-problems: [bad-gateway], content:"
        " {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}}"
    )
    components.write_text(components.read_text().replace("  responses:", answer, 1))
    return repository


def test_the_gateway_gets_its_package_when_there_is_one(with_gateway: Repository) -> None:
    assert with_gateway.packages == ["shop", "gateway"]

    with_gateway.write(with_gateway.generate(with_gateway.packages))

    package = with_gateway.package("gateway")
    merged = json.loads((package / "openapi.json").read_text())
    assert merged["paths"]["/v1/sales"]["post"]["x-service"] == "shop"
    assert (package / "asyncapi" / "shop.json").read_text() == (
        with_gateway.package("shop") / "asyncapi.json"
    ).read_text()
    assert "class BadGateway(Problem):" in (package / "problems.py").read_text()


def test_the_gateway_is_stale_when_a_service_has_changed_or_is_gone(
    with_gateway: Repository,
) -> None:
    with_gateway.write(with_gateway.generate(with_gateway.packages))
    package = with_gateway.package("gateway")
    (package / "asyncapi" / "gone.json").write_text("{}")
    contract = with_gateway.root / "contracts" / "shop" / "openapi.yaml"
    contract.write_text(contract.read_text().replace("Sell something", "Sell it"))

    found = set(stale(with_gateway.generate(["gateway"])))

    assert found == {
        package / "openapi.json",
        package / "asyncapi" / "gone.json",
    }


def test_the_map_of_events_is_stale_when_an_event_has_another_name(
    with_gateway: Repository,
) -> None:
    with_gateway.write(with_gateway.generate(with_gateway.packages))
    contract = with_gateway.root / "contracts" / "shop" / "asyncapi.yaml"
    contract.write_text(contract.read_text().replace("shop.sold.v1", "shop.sold-out.v1"))

    found = set(stale(with_gateway.generate(["gateway"])))

    assert with_gateway.root / "docs" / "generated" / "event-map.svg" in found


def test_an_answer_of_the_gateway_needs_a_problem_of_its_own(with_gateway: Repository) -> None:
    components = with_gateway.root / "contracts" / "shared" / "components.yaml"
    text = components.read_text().replace("x-problems: [bad-gateway]", "x-problems: [internal]")
    components.write_text(text)

    with pytest.raises(ContractError, match="internal is no problem of the gateway with status"):
        with_gateway.generate(["gateway"])


def test_a_service_cannot_answer_what_only_the_gateway_does(with_gateway: Repository) -> None:
    contract = with_gateway.root / "contracts" / "shop" / "openapi.yaml"
    reference = "{$ref: '../shared/components.yaml#/components/responses/"
    contract.write_text(
        contract.read_text().replace(
            "        '503': ", f"        '502': {reference}BadGateway'}}\n        '503': ", 1
        )
    )

    with pytest.raises(ContractError, match="nothing can answer bad-gateway here"):
        with_gateway.generate(["shop"])
