"""Errors of the commands before they start."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.operations.order_import.rows import HEADER


def waybill(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "The file"),
        (b"", "is empty: its first line must name"),
        (b"\xff\xfe", "is empty"),
        (b"sku,quantity\n", "has no column order_ref"),
        (HEADER.encode(), "has no orders"),
    ],
)
def test_an_import_says_so_in_a_sentence_when_the_file_is_of_no_use(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "orders.csv"
    if content is not None:
        file.write_bytes(content)

    result = waybill("import", "orders", file, "--data", tmp_path / "data")

    assert result.exit_code == 1
    assert sentence in result.output.splitlines()[-1]
    assert not (tmp_path / "data").exists()


def test_an_import_does_not_begin_when_failed_orders_could_not_be_written(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(HEADER)

    for failed, sentence in ((file, "exists: name a new"), (tmp_path / "no" / "x", "no such")):
        result = waybill("import", "orders", file, "--failed", failed, "--data", tmp_path / "data")
        assert result.exit_code == 2
        assert sentence in result.output


def test_an_audit_says_what_to_do_when_nothing_runs(tmp_path: Path) -> None:
    result = waybill("audit", "--data", tmp_path)

    assert result.exit_code == 1
    assert (
        result.output == f"No platform runs on {tmp_path}: start one with `waybill up --detach`.\n"
    )


def test_an_audit_of_a_folder_without_addresses_says_what_belongs_there(tmp_path: Path) -> None:
    result = waybill("audit", "--databases", tmp_path)

    assert result.exit_code == 1
    assert f"There is no file orders in {tmp_path}" in result.output


def test_an_audit_of_a_folder_of_addresses_connects_to_them(tmp_path: Path) -> None:
    # As Kubernetes mounts a Secret: the files are links into a hidden folder.
    hidden = tmp_path / "..data"
    hidden.mkdir()
    (hidden / "orders").write_text("postgresql://orders:secret@127.0.0.1:1/orders\n")
    (tmp_path / "orders").symlink_to(hidden / "orders")

    result = waybill("audit", "--databases", tmp_path)

    assert result.exit_code == 1
    assert "The databases are unavailable" in result.output


def test_a_demo_does_not_begin_when_its_figures_could_not_be_written(tmp_path: Path) -> None:
    result = waybill("demo", "--output", tmp_path / "nowhere" / "out.json", "--data", tmp_path)

    assert result.exit_code == 2
    assert "no such folder" in result.output
