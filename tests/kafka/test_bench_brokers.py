"""`waybill bench brokers`: both brokers are measured in one run. Its figures are not checked."""

import json
from pathlib import Path

from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.platform.broker_kind import BrokerKind


def test_both_brokers_are_measured_in_one_run(tmp_path: Path) -> None:
    file = tmp_path / "brokers.json"
    arguments = ["--clients", "4", "--seconds", "1", "--rounds", "1", "--output", str(file)]

    result = CliRunner().invoke(build(), ["bench", "brokers", *arguments])

    assert result.exit_code == 0, result.output
    measured = json.loads(file.read_text("utf-8"))["scenarios"]["brokers"]
    assert set(measured) == {f"{kind}, 4 clients" for kind in BrokerKind}
    for case, figures in measured.items():
        assert figures["unconfirmed"] == 0, case
        assert figures["confirmed_per_second"] > 0, case
        assert case in result.output
