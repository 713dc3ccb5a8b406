"""The public contract as the generators of clients need it."""

from pathlib import Path

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.contract import Follow, Operation, Page, PublicContract
from waybill_toolkit.contracts.sdk.reading import read_public_contract

FOLLOW = "{status: state, until: [closed], refusal: refusal}"
REFUSAL = """refusal:
          type: object
          required: [code, detail]
          properties: {code: {enum: [sold_out, too_late]}, detail: {type: string}}
        rating:"""


@pytest.fixture(scope="module")
def contract() -> PublicContract:
    """The contract of this repository."""
    return read_public_contract(Repository.around(Path(__file__)))


@pytest.fixture
def operations(contract: PublicContract) -> dict[str, Operation]:
    return {each.id: each for each in contract.operations}


def test_what_takes_a_key_can_be_repeated_and_what_has_if_match_cannot(
    operations: dict[str, Operation],
) -> None:
    assert operations["place_order"].is_idempotent
    assert operations["place_order"].is_repeatable
    assert operations["get_order"].is_repeatable
    assert not operations["get_order"].is_idempotent
    assert not operations["set_price"].is_repeatable
    assert [each.argument for each in operations["set_price"].parameters] == ["sku", "if_match"]


def test_a_client_sends_no_if_none_match_and_expects_no_304(
    operations: dict[str, Operation],
) -> None:
    assert [each.argument for each in operations["get_variant"].parameters] == ["sku"]
    assert [each.status for each in operations["get_variant"].answers] == [200]


def test_lists_that_take_a_cursor_are_pages(operations: dict[str, Operation]) -> None:
    assert operations["list_orders"].page == Page("Order")
    assert operations["get_order"].page is None


def test_an_order_can_be_followed_to_its_end(operations: dict[str, Operation]) -> None:
    follow = operations["get_order"].follow

    assert follow == Follow(
        resource="Order",
        status="status",
        until=("confirmed", "rejected", "cancelled"),
        refusal="rejection",
        codes=("out_of_stock", "payment_declined", "timed_out"),
    )
    assert follow.base_class_name == "OrderRefused"
    assert follow.class_name("out_of_stock") == "OrderOutOfStock"


def test_problems_are_those_that_a_client_can_meet(
    contract: PublicContract, operations: dict[str, Operation]
) -> None:
    problems = {each.slug: each for each in contract.problems}

    assert {slug for one in operations.values() for slug in one.problems} <= problems.keys()
    assert problems["not-found"].status == 404  # for an unknown path
    assert list(problems["unknown-sku"].fields) == ["sku", "pointer"]
    assert {slug for slug, each in problems.items() if each.is_temporary} == {
        *("bad-gateway", "gateway-timeout", "request-timeout", "unavailable"),
        *("idempotency-key-in-use", "rate-limited", "too-many-attempts"),
    }


def test_a_refusal_that_is_declared_becomes_classes(repository: Repository) -> None:
    path = repository.root / "contracts" / "shop" / "openapi.yaml"
    text = path.read_text(encoding="utf-8").replace("rating:", REFUSAL, 1)
    path.write_text(
        text.replace("operationId: get_sale", f"operationId: get_sale\n      x-follow: {FOLLOW}"),
        encoding="utf-8",
    )

    (sale,) = (each for each in read_public_contract(repository).operations if each.follow)

    assert sale.follow == Follow("Sale", "state", ("closed",), "refusal", ("sold_out", "too_late"))
