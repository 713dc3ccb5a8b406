"""The published document requires bearer tokens, with the scopes of the contract."""

import json
import shutil
from pathlib import Path
from typing import Any

from waybill_toolkit.contracts.repository import Repository


def test_scopes_are_those_of_a_bearer_token_and_no_token_address_is_named(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).with_name("contracts"), tmp_path / "contracts")
    tree = Repository(tmp_path)

    text = tree.generate(["shop"])[tree.package("shop") / "openapi.json"]

    document: dict[str, Any] = json.loads(text)
    assert document["paths"]["/v1/sales"]["post"]["security"] == [{"bearer": ["shop:write"]}]
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "- `shop:read`: read" in scheme["description"]
    assert "tokenUrl" not in text
    assert "oauth2" not in text
