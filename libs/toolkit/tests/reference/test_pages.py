"""The contents of the pages, which come from the contracts."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest
import yaml

from waybill_toolkit.contracts.reference.event_map import draw
from waybill_toolkit.contracts.reference.pages import read_reference, render_pages
from waybill_toolkit.contracts.reference.shapes import fields_of, limits_of, words_of
from waybill_toolkit.contracts.repository import Repository

ROOT: Final = Path(__file__).parents[4]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The contracts of this tree, to be changed."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    return Repository(tmp_path)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def page(repository: Repository, service: str, name: str) -> str:
    return render_pages(repository)[f"{service}/{name}"]


def change(repository: Repository, document: str, old: str, new: str) -> None:
    path = repository.root / "contracts" / document
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_reference_has_every_operation_with_its_scopes_answers_problems_and_examples(
    repository: Repository,
) -> None:
    html = page(repository, "orders", "reference.html")
    document = yaml.safe_load((repository.root / "contracts/orders/openapi.yaml").read_text())
    operations = [each for path in document["paths"].values() for each in path.values()]
    for operation in operations:
        assert f'id="{operation["operationId"]}"' in html
    text = text_of(html)
    assert "scope orders:write" in text
    assert "body up to 256 KiB" in text
    assert 'href="#problem-unknown-sku"' in html
    assert "Idempotency-Key: order-536365" in text
    assert "&#34;customer_ref&#34;: &#34;17850&#34;" in html  # of the contracts' examples


def test_reference_of_the_gateway_has_the_operations_of_all_services(
    repository: Repository,
) -> None:
    html = page(repository, "gateway", "reference.html")
    for operation in ("create_product", "get_stock", "place_order", "list_payments"):
        assert f'id="{operation}"' in html


def test_events_have_senders_and_receivers_from_all_contracts(
    repository: Repository,
) -> None:
    text = text_of(page(repository, "inventory", "events.html"))
    assert "from orders to inventory key order_id kept 7 days schema ReserveStock" in text
    assert "reservation-expired.v1 # The reservation was not committed in time" in text
    assert "from inventory to nobody yet" in text


def test_changed_contract_changes_the_pages_of_all_receivers(
    repository: Repository,
) -> None:
    change(repository, "catalog/asyncapi.yaml", "x-retention-hours: 168", "x-retention-hours: 30")
    for service in ("catalog", "orders", "gateway"):
        assert "kept 30 hours" in text_of(page(repository, service, "events.html"))
    assert "kept 30 hours" not in text_of(page(repository, "payments", "events.html"))


def test_a_service_has_its_pages_as_soon_as_it_has_a_contract(repository: Repository) -> None:
    contracts = repository.root / "contracts"
    (contracts / "loyalty").mkdir()
    openapi = yaml.safe_load((contracts / "payments" / "openapi.yaml").read_text())
    path, item = next(iter(openapi["paths"].items()))
    item["get"]["operationId"] = "list_points"
    item["get"]["x-owner"] = {"field": "customer_ref", "any": "payments:any"}
    openapi["paths"] = {path.replace("payments", "points"): item}
    (contracts / "loyalty" / "openapi.yaml").write_text(yaml.safe_dump(openapi))
    placed = "../orders/asyncapi.yaml#/channels/order_events"
    asyncapi = {
        "asyncapi": "3.0.0",
        "info": {"title": "loyalty", "version": "1.0.0", "description": "Points."},
        "operations": {
            "receive_orders": {
                "action": "receive",
                "channel": {"$ref": placed},
                "messages": [{"$ref": f"{placed}/messages/order_confirmed"}],
            }
        },
        "channels": {},
    }
    (contracts / "loyalty" / "asyncapi.yaml").write_text(yaml.safe_dump(asyncapi))

    pages = render_pages(repository)

    assert 'id="list_points"' in pages["loyalty/reference.html"]
    assert "from orders to loyalty" in text_of(pages["loyalty/events.html"])
    assert 'id="list_points"' in pages["gateway/reference.html"]
    assert ">loyalty</text>" in pages["gateway/event-map.svg"]


def test_map_has_a_line_for_each_sender_and_each_receiver_of_an_event() -> None:
    events = read_reference(Repository(ROOT)).events
    lines = sum(len(each.senders) + len(each.receivers) for each in events.events)
    svg = draw(events, links=False)
    assert svg.count('class="line"') == lines > 30
    assert all(f">{each.name}</text>" in svg for each in events.events)


def test_what_stands_in_a_contract_is_text_and_never_markup(repository: Repository) -> None:
    change(repository, "orders/openapi.yaml", "Place an order", "<script>alert(1)</script>")
    html = page(repository, "orders", "reference.html")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_schema_is_put_into_words() -> None:
    lines = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Line"}}
    assert "".join(word.text for word in words_of(lines)) == "list of Line"
    assert limits_of(lines) == ("at least 1 items",)
    nullable = {"oneOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}
    assert "".join(word.text for word in words_of(nullable)) == "string (uuid) or null"
    assert limits_of({"type": "integer", "minimum": 1, "maximum": 5000}) == ("1 to 5,000",)
    inner = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    outer = {"properties": {"list": {"type": "array", "items": inner}, "one": inner}}
    found = [(each.name, each.required) for each in fields_of(outer)]
    assert found == [("list", False), ("list[].a", True), ("one", False), ("one.a", True)]


def test_reference_says_which_fields_are_personal_data(repository: Repository) -> None:
    html = page(repository, "identity", "reference.html")
    assert html.count("personal data of user_id") >= 5
    assert "personal data of" not in page(repository, "catalog", "reference.html")
