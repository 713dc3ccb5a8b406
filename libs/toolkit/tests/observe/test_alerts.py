"""The alerts fire for the series of alerts_test.yaml, and only for those."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from .reading import RULES, alerts

UNIT_TESTS: Final = Path(__file__).parent / "alerts_test.yaml"


def test_each_alert_fires_and_keeps_quiet_as_its_unit_tests_say(tmp_path: Path) -> None:
    run = _run(tmp_path, UNIT_TESTS.read_text())
    assert run.returncode == 0, run.stdout + run.stderr


def test_an_alert_that_does_not_fire_fails_its_unit_test(tmp_path: Path) -> None:
    run = _run(tmp_path, UNIT_TESTS.read_text().replace('"0x10"', '"1x10"'))
    assert run.returncode == 1
    assert "WaybillDatabaseUnreachable" in run.stdout + run.stderr


def test_every_alert_has_a_unit_test_in_which_it_fires() -> None:
    tests = [
        each
        for test in yaml.safe_load(UNIT_TESTS.read_bytes())["tests"]
        for each in test["alert_rule_test"]
    ]
    fires = {each["alertname"] for each in tests if each["exp_alerts"]}
    quiet = {each["alertname"] for each in tests if not each["exp_alerts"]}
    names = {each["alert"] for each in alerts()}
    assert fires == names
    # Dead letters have no time to wait for; beside the one that fires stands one that does not.
    assert quiet == names - {"WaybillDeadLetters"}


def _run(folder: Path, unit_tests: str) -> subprocess.CompletedProcess[str]:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool, which comes with Prometheus")
    for file in RULES:
        shutil.copy(file, folder)
    (folder / "alerts_test.yaml").write_text(unit_tests)
    command = [promtool, "test", "rules", "alerts_test.yaml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
