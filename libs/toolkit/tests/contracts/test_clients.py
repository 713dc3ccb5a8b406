"""Generated clients of the services that a contract calls, tried with mocks of these services."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from waybill.calls import Directory
from waybill.http.access import OpenAccess
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.mock.service import mock_of
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.serving import serving

MAIL = "mail/openapi.yaml"
SALE = UUID("019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41")

Edit = Callable[[str], None]


@pytest.fixture
def edit(repository: Repository) -> Edit:
    """Return a function that replaces the calls of mail."""
    path = repository.root / "contracts" / MAIL

    def replace(calls: str) -> None:
        text = path.read_text("utf-8")
        path.write_text(text.replace("x-calls: {shop: [get_sale]}", f"x-calls: {calls}"), "utf-8")

    return replace


@pytest.fixture
def clients(repository: Repository) -> Iterator[Callable[[], ModuleType]]:
    """Return a function that generates mail, and imports its client of the shop."""
    source = repository.package("mail").parents[1]

    def generated() -> ModuleType:
        repository.write(repository.generate(["mail"]))
        (source / "mail" / "__init__.py").touch()
        sys.path.insert(0, str(source))
        return importlib.import_module("mail.contract.shop_client")

    yield generated
    if str(source) in sys.path:
        sys.path.remove(str(source))
    for name in [name for name in sys.modules if name.partition(".")[0] == "mail"]:
        del sys.modules[name]


@pytest.fixture
def shop(repository: Repository) -> Iterator[str]:
    with serving(mock_of(repository, "shop", OpenAccess())) as address:
        yield address


async def token() -> str:
    return "anything"


async def test_a_client_reads_what_the_service_answers(
    clients: Callable[[], ModuleType], shop: str
) -> None:
    module = clients()
    directory = Directory({"shop": shop})
    client = module.ShopClient(directory.client("shop", token=token))

    found = await client.get_sale(sale_id=SALE, limit=3, tag=["a", "b"], state=None)
    await directory.close()

    assert isinstance(found, module.GetSale200)
    assert isinstance(found.body.sale_id, UUID)
    assert found.body.price.currency


async def test_a_client_writes_what_the_service_takes(
    edit: Edit, clients: Callable[[], ModuleType], shop: str
) -> None:
    edit("{shop: [sell]}")
    module = clients()
    models: Any = module.models
    directory = Directory({"shop": shop})
    client = module.ShopClient(directory.client("shop", token=token))

    sale = models.Sell(sku="A", pay=models.Cash(kind="cash"))
    found = await client.sell(sale, idempotency_key="letter-1")
    again = await client.sell(sale, idempotency_key="letter-1")
    await directory.close()

    assert isinstance(found, module.Sell201)
    assert found == again


async def test_only_the_called_operations_are_generated(
    clients: Callable[[], ModuleType], repository: Repository
) -> None:
    module = clients()

    assert not hasattr(module.ShopClient, "sell")
    assert not hasattr(module.models, "Sell")
    assert "class SaleNotFound" in (repository.package("mail") / "problems.py").read_text("utf-8")


async def test_the_fallback_is_that_of_the_contract(
    edit: Edit, clients: Callable[[], ModuleType], repository: Repository
) -> None:
    edit("{shop: {get_sale: {last_known_seconds: 300}}}")
    module = clients()
    with serving(mock_of(repository, "shop", OpenAccess())) as address:
        directory = Directory({"shop": address})
        client = module.ShopClient(directory.client("shop", token=token))
        first = await client.get_sale(sale_id=SALE)

    assert await client.get_sale(sale_id=SALE) == first
    await directory.close()


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ("{shop: {get_sale: {last_known_seconds: 0}}}", "a number above zero"),
        ("{shop: {get_sale: {fallback: yes}}}", "a fallback is {last_known_seconds: 300}"),
        ("{shop: {sell: {last_known_seconds: 60}}}", "sell changes something"),
        ("{shop: get_sale}", "name the operations of shop that are called"),
        ("{mail: [list_letters]}", "no service mail to call"),
    ],
)
def test_wrong_calls_are_refused_with_their_line(
    edit: Edit, repository: Repository, calls: str, message: str
) -> None:
    edit(calls)

    with pytest.raises(ContractError) as refused:
        repository.generate(["mail"])

    (fault,) = refused.value.faults
    assert message in fault.message
    assert (fault.path.name, fault.line, fault.rule) == (Path(MAIL).name, 7, "calls")


def test_what_is_not_json_is_not_called(edit: Edit, repository: Repository) -> None:
    shop = repository.root / "contracts" / "shop" / "openapi.yaml"
    text = shop.read_text("utf-8")
    page = "content: {text/html: {schema: {type: string}}}"
    sale = "content: {application/json: {schema: {$ref: '#/components/schemas/Sale'}}}"
    before, _, after = text.rpartition(sale)
    shop.write_text(f"{before}{page}{after}", "utf-8")

    with pytest.raises(ContractError, match="get_sale cannot be called by a generated client"):
        repository.generate(["mail"])
