"""The output of --json and --output."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.command_line.output import console_of, give


def test_the_same_result_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "result.json"
    give({"name": "Tee & Söhne"}, as_json=True, output=file)
    printed = capsys.readouterr().out
    assert printed == file.read_text("utf-8") == '{\n  "name": "Tee & Söhne"\n}\n'
    give({}, as_json=False, output=None)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("as_json", "stream"), [(True, "err"), (False, "out")])
def test_people_are_shown_something_where_the_json_is_not(
    capsys: pytest.CaptureFixture[str], *, as_json: bool, stream: str
) -> None:
    console_of(as_json=as_json).print("42 orders")
    assert getattr(capsys.readouterr(), stream) == "42 orders\n"


def test_unwritable_file_is_reported_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        give({}, as_json=False, output=tmp_path)
    assert capsys.readouterr().err == f"{tmp_path} cannot be written: Is a directory.\n"


def test_status_is_written_to_a_file_and_shown_as_well(tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    result = CliRunner().invoke(
        build(), ["status", "--output", str(file), "--data", str(tmp_path / "data")]
    )
    assert result.exit_code == 1
    assert "Nothing runs on" in result.stdout
    assert json.loads(file.read_text("utf-8"))["status"] == "stopped"


@pytest.mark.parametrize("command", ["status", "audit", "demo", "soak", "chaos", "simulate"])
def test_a_file_in_no_folder_is_refused_before_the_work(tmp_path: Path, command: str) -> None:
    result = CliRunner().invoke(build(), [command, "--output", str(tmp_path / "no" / "file")])
    assert result.exit_code == 2
    assert f"no such folder: {tmp_path / 'no'}" in result.stderr
    assert len(result.stderr.splitlines()) == 1
