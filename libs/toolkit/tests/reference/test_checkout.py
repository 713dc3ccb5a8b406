"""A service that runs from a checkout renders its pages on request."""

import shutil
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.routing import Router

from waybill.docs import mount_docs
from waybill.docs.instance import Instance
from waybill_toolkit.contracts.reference.checkout import renderer_of
from waybill_toolkit.contracts.repository import Repository

ROOT: Final = Path(__file__).parents[4]


@pytest.fixture
def checkout(tmp_path: Path) -> Repository:
    """The contracts, and two of the packages that were generated from them."""
    copy = Repository(tmp_path / "copy")
    shutil.copytree(ROOT / "contracts", copy.root / "contracts")
    for service in ("orders", "gateway"):
        ignored = shutil.ignore_patterns("__pycache__")  # others write there meanwhile
        shutil.copytree(Repository(ROOT).package(service), copy.package(service), ignore=ignored)
    return copy


def client_of(package: Path) -> httpx.AsyncClient:
    router = Router()
    mount_docs(router, "orders", package, instance=Instance())
    return httpx.AsyncClient(transport=httpx.ASGITransport(router), base_url="http://orders.test")


def change(checkout: Repository, old: str, new: str) -> None:
    contract = checkout.root / "contracts" / "orders" / "openapi.yaml"
    text = contract.read_text()
    assert old in text
    contract.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("service", ["orders", "gateway"])
async def test_pages_of_a_checkout_are_served_and_no_file_is_left_in_the_packages(
    checkout: Repository, service: str
) -> None:
    before = sorted(checkout.root.glob("services/**/*"))
    client = client_of(checkout.package(service))
    reference = await client.get("/docs/reference")
    assert reference.status_code == 200
    assert 'id="place_order"' in reference.text
    assert ">order-placed.v1" in (await client.get("/docs/events")).text
    assert 'href="/docs/events"' in (await client.get("/docs")).text
    assert sorted(checkout.root.glob("services/**/*")) == before


async def test_a_changed_contract_is_on_the_page_at_once(checkout: Repository) -> None:
    client = client_of(checkout.package("orders"))
    assert "Place an order" in (await client.get("/docs/reference")).text

    change(checkout, "Place an order", "Order what is in the basket")

    page = (await client.get("/docs/reference")).text
    assert "Order what is in the basket" in page
    assert "Place an order" not in page


async def test_a_faulty_contract_is_named_with_file_and_line_until_it_is_mended(
    checkout: Repository,
) -> None:
    client = client_of(checkout.package("orders"))
    change(checkout, "operationId: place_order", "operationId: place order")

    answer = await client.get("/docs/reference")
    assert answer.status_code == 404
    assert "contracts/orders/openapi.yaml:" in answer.text
    assert "is no snake_case name" in answer.text
    assert "Traceback" not in answer.text

    change(checkout, "operationId: place order", "operationId: place_order")
    assert (await client.get("/docs/reference")).status_code == 200


def test_an_installed_package_has_no_renderer(tmp_path: Path) -> None:
    assert renderer_of(tmp_path) is None


def test_a_package_elsewhere_in_a_checkout_has_no_renderer(checkout: Repository) -> None:
    installed = checkout.root / ".venv/lib/python3.11/site-packages/orders/contract"
    shutil.copytree(checkout.package("orders"), installed)
    assert renderer_of(installed) is None
