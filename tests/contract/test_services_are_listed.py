"""pyproject.toml lists all packages for mypy and import-linter."""

import tomllib

from waybill_toolkit.contracts.repository import Repository


def test_every_service_is_named_where_folders_cannot_be_looked_for(
    repository: Repository,
) -> None:
    tools = tomllib.loads((repository.root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    services = {path.parents[2].name for path in repository.root.glob("services/*/src/*/app.py")}
    sources = {f"services/{service}/src" for service in services}
    contracts = tools["importlinter"]["contracts"]
    [layers] = [
        each["layers"]
        for each in contracts
        if each["type"] == "layers" and "containers" not in each
    ]

    assert {path for path in tools["mypy"]["mypy_path"] if path.startswith("services/")} == sources
    ours = {"waybill", "waybill_simulation", "waybill_toolkit"}
    assert set(tools["importlinter"]["root_packages"]) == services | ours
    assert [set(layer.split(" | ")) for layer in layers] == [
        {"waybill_simulation"},
        {*services, "waybill_toolkit"},
        {"waybill"},
    ]
