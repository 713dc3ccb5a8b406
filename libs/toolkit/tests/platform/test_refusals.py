"""Errors of the platform's commands: one sentence and exit status 1."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.plan import Plan

from .conftest import write_service


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


def _up(services_root: Path, data: object, base: int = 7400) -> Result:
    return _run("up", "--data", data, "--services", services_root, "--port-base", base)


def test_up_refuses_data_of_another_version(tmp_path: Path, services_root: Path) -> None:
    DataFolder(tmp_path).make()
    (tmp_path / "waybill.json").write_text('{"layout": 99, "postgres": 18}')
    result = _up(services_root, tmp_path)
    assert result.exit_code == 1
    assert "made by another version" in result.stderr
    assert "--fresh" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("data", ["/proc/data", "/dev/null/data", "/dev/null"])
def test_up_refuses_a_folder_that_cannot_be_written(data: str, services_root: Path) -> None:
    result = _up(services_root, data)
    assert result.exit_code == 1
    assert result.stderr.startswith(data)
    assert result.stderr.count("\n") == 1


def test_up_refuses_a_folder_that_is_not_ours_also_when_fresh(
    tmp_path: Path, services_root: Path
) -> None:
    (tmp_path / "thesis.txt").touch()
    result = _run("up", "--fresh", "--data", tmp_path, "--services", services_root)
    assert result.exit_code == 1
    assert "Waybill did not make it" in result.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_up_says_where_to_go_when_there_is_no_service(tmp_path: Path) -> None:
    result = _up(tmp_path, tmp_path / "data")
    assert result.exit_code == 1
    assert "There is no service in" in result.stderr


@pytest.mark.parametrize("base", [0, 80, 65_530])
def test_up_refuses_ports_that_do_not_exist(tmp_path: Path, services_root: Path, base: int) -> None:
    result = _up(services_root, tmp_path / "data", base)
    assert result.exit_code == 1
    assert "--port-base" in result.stderr


def test_service_is_refused_when_its_name_is_taken(tmp_path: Path) -> None:
    write_service(tmp_path, "broker")
    with pytest.raises(PlatformError, match="cannot be named broker"):
        Plan.of(tmp_path / "data", tmp_path, 7400)


def test_status_says_so_when_nothing_runs(tmp_path: Path) -> None:
    result = _run("status", "--data", tmp_path)
    assert result.exit_code == 1
    assert "Nothing runs on" in result.stdout


def test_down_succeeds_when_nothing_runs(tmp_path: Path) -> None:
    result = _run("down", "--data", tmp_path)
    assert result.exit_code == 0
    assert result.stdout.startswith("Nothing was running")
