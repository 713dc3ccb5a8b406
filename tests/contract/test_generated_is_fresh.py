import json
from pathlib import Path

from waybill_toolkit.contracts.repository import Repository, stale


def test_generated_packages_are_what_the_contracts_make_now(repository: Repository) -> None:
    assert list(stale(repository.generate(repository.packages))) == []


def test_a_generated_file_that_was_edited_is_found(repository: Repository, tmp_path: Path) -> None:
    files = repository.generate(["orders"])
    moved = {tmp_path / path.name: text for path, text in files.items()}
    for path, text in moved.items():
        path.write_text(text, encoding="utf-8")
    (tmp_path / "api.py").write_text("# edited\n", encoding="utf-8")

    assert list(stale(moved)) == [tmp_path / "api.py"]


def test_no_component_of_a_bundle_refers_to_itself(repository: Repository) -> None:
    files = repository.code(repository.services)
    bundles = [json.loads(text) for path, text in files.items() if path.suffix == ".json"]

    assert len(bundles) == 2 * len(repository.services)
    assert [
        f"{kind}/{name}"
        for bundle in bundles
        for kind, named in bundle["components"].items()
        for name, component in named.items()
        if component.get("$ref") == f"#/components/{kind}/{name}"
    ] == []
