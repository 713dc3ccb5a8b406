from pathlib import Path

from waybill_toolkit.generate.repository import Repository, stale


def test_generated_packages_are_what_the_contracts_make_now(repository: Repository) -> None:
    assert list(stale(repository.generate(repository.services))) == []


def test_a_generated_file_that_was_edited_is_found(repository: Repository, tmp_path: Path) -> None:
    files = repository.generate(["orders"])
    moved = {tmp_path / path.name: text for path, text in files.items()}
    for path, text in moved.items():
        path.write_text(text, encoding="utf-8")
    (tmp_path / "api.py").write_text("# edited\n", encoding="utf-8")

    assert list(stale(moved)) == [tmp_path / "api.py"]
