"""The files of the observers: what Prometheus reads and where it writes, and the dashboards."""

import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from waybill_toolkit.platform.observe.folder import ObserversFolder
from waybill_toolkit.platform.observe.vmui import vmui_dashboard
from waybill_toolkit.platform.ports import LOOPBACK

SCRAPE_SECONDS: Final = 5
RULES: Final = ("alerts/alerts.yaml", "files/rules/*.yaml")
"""In the chart, where they are edited: Prometheus reads them there."""


def write_configuration(
    folder: ObserversFolder, chart: Path, services: Mapping[str, int], drawing_port: int
) -> None:
    """Write the files into the folder, for services by their names and ports."""
    folder.path.mkdir(mode=0o700, exist_ok=True)
    document = _prometheus(chart, services, drawing_port)
    folder.prometheus_file.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    shutil.rmtree(folder.dashboards, ignore_errors=True)
    folder.dashboards.mkdir()
    files = sorted(
        (chart / "files" / "dashboards").glob("*.json"), key=lambda file: _place(file, services)
    )
    for number, file in enumerate(files):
        drawn = vmui_dashboard(json.loads(file.read_bytes()))
        (folder.dashboards / f"{number:02}-{file.name}").write_text(json.dumps(drawn), "utf-8")


def _place(file: Path, services: Collection[str]) -> tuple[bool, bool, str]:
    """Order the dashboards: the overview, those of all services, those of one."""
    return file.stem in services, file.stem != "overview", file.stem


def _prometheus(chart: Path, services: Mapping[str, int], drawing_port: int) -> dict[str, Any]:
    every = f"{SCRAPE_SECONDS}s"
    return {
        "global": {
            "scrape_interval": every,
            "scrape_timeout": every,
            "evaluation_interval": every,
        },
        "rule_files": [str(chart / rules) for rules in RULES],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [f"{LOOPBACK}:{port}"]}]}
            for name, port in services.items()
        ],
        "remote_write": [{"url": f"http://{LOOPBACK}:{drawing_port}/api/v1/write"}],
    }
