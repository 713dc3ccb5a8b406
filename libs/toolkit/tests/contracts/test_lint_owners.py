"""Lint finds operations on owned resources that do not declare the owner."""

from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.repository import Repository

API = "shop/openapi.yaml"


def test_operations_below_an_owned_resource_need_its_owner(repository: Repository) -> None:
    path = repository.root / "contracts" / API
    text = path.read_text(encoding="utf-8")
    below = text[text.index("    get:\n") : text.index("components:\n")]
    below = below.replace("get_sale", "get_story").replace("schemas/Sale'", "schemas/Card'")
    owned = text.replace("        rating:", "        buyer_ref: {type: string}\n        rating:")
    owned = owned.replace(
        "components:\n", f"  /v1/sales/{{sale_id}}/history:\n{below}components:\n", 1
    )
    path.write_text(owned, encoding="utf-8")

    faults = [fault for fault in lint(repository) if fault.rule == "owner"]

    assert len(faults) == 3  # sell, get_sale, and get_story, which answers nothing of the buyer


def test_operations_by_the_key_of_an_owned_resource_need_its_owner(
    repository: Repository,
) -> None:
    contracts = repository.root / "contracts"
    shop = contracts / API
    text = shop.read_text(encoding="utf-8")
    owned = text.replace("operationId: get_sale", "operationId: get_sale\n      x-owner: buyer_ref")
    shop.write_text(owned, encoding="utf-8")
    mail = contracts / "mail" / "openapi.yaml"
    letters = mail.read_text(encoding="utf-8").replace(
        "/v1/letters:\n",
        "/v1/letters/{sale_id}:\n"
        "    parameters: [{name: sale_id, in: path, required: true, schema: {type: string}}]\n",
    )
    mail.write_text(letters, encoding="utf-8")

    faults = [fault for fault in lint(repository) if fault.path == mail]

    assert "sale_id selects a resource with an owner" in "\n".join(map(str, faults))
