"""The Python client for other contracts, with all features of a contract."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.contract import UnsupportedContractError
from waybill_toolkit.contracts.sdk.reading import read_public_contract

TREE = Path(__file__).parents[1] / "contracts" / "tree"
TOKEN = "t0"  # noqa: S105 (of nobody)
SALE = {
    "sale_id": "0192f0c1-2d3e-7f00-8000-000000000001",
    "state": "open",
    "price": {"amount_minor": 255, "currency": "GBP"},
    "sold_at": "2026-01-02T03:04:05Z",
    "next": None,
}


class FakeTransport:
    """A transport with one response, which records the requests."""

    def __init__(self, status: int, body: object) -> None:
        self.status, self.body = status, body
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self.status, json=self.body)


def calling(client: Any, stand: FakeTransport) -> Any:
    http = httpx.Client(transport=httpx.MockTransport(stand))
    return client.Client("http://shop", token=TOKEN, http_client=http)


def test_a_field_that_is_none_is_not_sent_unless_none_means_null(client: Any) -> None:
    models, stand = client.models, FakeTransport(201, SALE)
    cash = models.Cash(kind="cash")

    calling(client, stand).shop.sell(models.Sell(sku="a", pay=cash, note=None))
    calling(client, stand).shop.sell(models.Sell(sku="a", pay=cash, hint=None))

    first, second = (request.content for request in stand.asked)
    assert first == b'{"sku":"a","quantity":1,"pay":{"kind":"cash"}}'
    assert second == b'{"sku":"a","hint":null,"quantity":1,"pay":{"kind":"cash"}}'


def test_a_request_carries_token_key_and_parameters(client: Any) -> None:
    stand = FakeTransport(200, SALE)

    sale = calling(client, stand).shop.get_sale(
        SALE["sale_id"], if_none_match='"1"', tag=["x", "y"], state="open"
    )

    (asked,) = stand.asked
    assert sale.price.amount_minor == 255
    assert str(asked.url) == f"http://shop/v1/sales/{SALE['sale_id']}?tag=x&tag=y&state=open"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["If-None-Match"] == '"1"'
    assert "Idempotency-Key" not in asked.headers


def test_an_address_with_a_path_is_kept(client: Any) -> None:
    stand = FakeTransport(200, SALE)
    http = httpx.Client(transport=httpx.MockTransport(stand))

    client.Client("http://door/waybill/", http_client=http).shop.get_sale(SALE["sale_id"])

    assert str(stand.asked[0].url) == f"http://door/waybill/v1/sales/{SALE['sale_id']}"


def test_an_answer_without_a_body_is_none(client: Any) -> None:
    sell = client.models.Sell(sku="a", pay=client.models.Cash(kind="cash"))

    assert calling(client, FakeTransport(204, None)).shop.sell(sell) is None


def test_a_misspelled_field_is_refused_before_it_is_sent(client: Any) -> None:
    with pytest.raises(ValueError, match="qantity"):
        client.models.Sell(sku="a", pay=client.models.Cash(kind="cash"), qantity=2)


def test_unknown_values_and_fields_of_an_answer_are_kept(client: Any) -> None:
    price = {"amount_minor": 255, "currency": "GBP", "vat": 20}
    stand = FakeTransport(200, {**SALE, "state": "paused", "colour": "red", "price": price})

    sale = calling(client, stand).shop.get_sale(SALE["sale_id"])

    assert (sale.state, sale.model_extra) == ("paused", {"colour": "red"})
    assert sale.price.model_extra == {"vat": 20}


def test_problems_have_their_fields(client: Any) -> None:
    body = {"type": "urn:waybill:problem:sold-out", "title": "T", "status": 409, "detail": "D"}
    body |= {"instance": "/", "trace_id": "0", "sku": "a", "left": 0, "tried": []}
    sell = client.models.Sell(sku="a", pay=client.models.Cash(kind="cash"))

    with pytest.raises(client.errors.SoldOut) as refused:
        calling(client, FakeTransport(409, body)).shop.sell(sell)

    assert (refused.value.left, refused.value.tried) == (0, [])


def test_a_parameter_with_the_name_of_another_argument_is_reported(
    repository: Repository, tmp_path: Path
) -> None:
    api = repository.root / "contracts" / "shop" / "openapi.yaml"
    api.write_text(api.read_text(encoding="utf-8").replace("{name: tag,", "{name: options,"))

    with pytest.raises(UnsupportedContractError, match="options of get_sale is an argument"):
        write("python", read_public_contract(repository), tmp_path / "made")


def test_two_errors_of_one_name_are_reported(repository: Repository, tmp_path: Path) -> None:
    problems = repository.root / "contracts" / "shared" / "problems.yaml"
    renamed = problems.read_text(encoding="utf-8").replace("bad-gateway", "sale-refused")
    problems.write_text(renamed, encoding="utf-8")
    api = repository.root / "contracts" / "shop" / "openapi.yaml"
    text = api.read_text(encoding="utf-8").replace(
        "operationId: get_sale",
        "operationId: get_sale\n      x-follow: {status: state, until: [closed], refusal: no}",
    )
    text = text.replace(
        "        rating:",
        "        no: {type: object, properties: {code: {enum: [a]}, detail: {type: string}}}\n"
        "        rating:",
    )
    api.write_text(text, encoding="utf-8")
    for path in (repository.root / "contracts").rglob("*.yaml"):
        path.write_text(path.read_text().replace("[bad-gateway]", "[sale-refused]"))

    with pytest.raises(UnsupportedContractError, match="would both be SaleRefused; rename one"):
        write("python", read_public_contract(repository), tmp_path / "made")
