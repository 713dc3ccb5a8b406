"""The debugger configurations refer to existing modules."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from waybill_toolkit.command_line.lazy_group import root

LAUNCH = Path(__file__).parents[4] / ".vscode" / "launch.json"


def _launched() -> list[dict[str, Any]]:
    configurations = json.loads(LAUNCH.read_text("utf-8"))["configurations"]
    return [each for each in configurations if each["request"] == "launch"]


@pytest.mark.parametrize("configuration", _launched(), ids=lambda each: each["name"])
def test_a_configuration_starts_a_module_of_this_environment(configuration: dict[str, Any]) -> None:
    assert find_spec(f"{configuration['module']}.__main__")
    assert configuration["python"] == "${workspaceFolder}/.venv/bin/python"


def test_the_service_is_started_by_a_command_with_its_options() -> None:
    [service] = [each for each in _launched() if each["module"] == "waybill_toolkit"]
    name, _, *options = service["args"]
    known = {option for each in get_group(root()).commands[name].params for option in each.opts}
    assert set(options) <= known
