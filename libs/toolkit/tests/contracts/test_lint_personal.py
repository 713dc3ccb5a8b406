"""Lint finds properties that look personal and do not say whose they are."""

from typing import Final

import pytest

from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.contract_edits import SCHEMAS, Edit, put, rewrite

HTTP: Final = "shop/openapi.yaml"
EVENTS: Final = "shop/asyncapi.yaml"


def _faults(repository: Repository, document: str, edit: Edit) -> list[str]:
    rewrite(repository.root / "contracts" / document, edit)
    return [fault.message for fault in lint(repository) if fault.rule == "personal"]


def _sale(name: str, **extension: object) -> Edit:
    return put({"type": "string", **extension}, *SCHEMAS, "Sale", "properties", name)


def test_the_contracts_say_whose_their_personal_fields_are(repository: Repository) -> None:
    assert not [fault for fault in lint(repository) if fault.rule == "personal"]


@pytest.mark.parametrize(
    "name",
    [
        *("email", "contact_email", "e_mail", "phone", "mobile", "name", "first_name", "street"),
        *("address", "shipping_address", "address_line_1", "street_2", "city", "postal_code"),
        *("zip", "recipient", "birth_date", "tax_id"),
    ],
)
def test_a_field_of_an_answer_that_looks_personal_is_found(
    repository: Repository, name: str
) -> None:
    [fault] = _faults(repository, HTTP, _sale(name))
    assert fault.startswith(f"{name} looks personal; name the field with the person's id")


@pytest.mark.parametrize("name", ["named_at", "username_policy", "cityscape", "next", "zipped"])
def test_a_field_with_another_name_is_not_found(repository: Repository, name: str) -> None:
    assert _faults(repository, HTTP, _sale(name)) == []


def test_a_field_of_an_event_that_looks_personal_is_found(repository: Repository) -> None:
    edit = put({"type": "string"}, *SCHEMAS, "Sold", "properties", "email")
    [fault] = _faults(repository, EVENTS, edit)
    assert fault.startswith("email looks personal")


def test_a_field_within_an_answer_is_found(repository: Repository) -> None:
    buyer = {"type": "object", "properties": {"email": {"type": "string"}}}
    [fault] = _faults(repository, HTTP, put(buyer, *SCHEMAS, "Sale", "properties", "buyer"))
    assert fault.startswith("email looks personal")


def test_a_field_of_a_request_alone_need_not_say(repository: Repository) -> None:
    edit = put({"type": "string"}, *SCHEMAS, "Sell", "properties", "email")
    assert _faults(repository, HTTP, edit) == []


@pytest.mark.parametrize(
    "extension", [{"x-personal": "sale_id"}, {"x-not-personal": "The name of a product."}]
)
def test_a_field_that_says_is_accepted(
    repository: Repository, extension: dict[str, object]
) -> None:
    assert _faults(repository, HTTP, _sale("name", **extension)) == []


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ({"x-personal": "buyer_ref"}, "no property is named 'buyer_ref'; name the one with the"),
        ({"x-personal": True}, "no property is named True"),
        ({"x-personal": ["sale_id"]}, "no property is named ['sale_id']"),
        ({"x-not-personal": " "}, "x-not-personal has no reason."),
        ({"x-not-personal": True}, "x-not-personal has no reason."),
        (
            {"x-personal": "sale_id", "x-not-personal": "A product."},
            "name has both x-personal and x-not-personal.",
        ),
    ],
)
def test_a_field_that_says_nothing_of_use_is_found(
    repository: Repository, extension: dict[str, object], expected: str
) -> None:
    [fault] = _faults(repository, HTTP, _sale("name", **extension))
    assert fault.startswith(expected)
