"""Finds Prometheus, and VictoriaMetrics, whose interface draws the dashboards."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.errors import PlatformError

PROMETHEUS_OFFSET: Final = 22
DASHBOARDS_OFFSET: Final = 23
DRAWS: Final = "vmui.customDashboardsPath"
"""The flag of a VictoriaMetrics with an interface, which Debian's package lacks."""
_PROMETHEUS: Final = "prometheus"
_VICTORIA_METRICS: Final = "victoria-metrics"
_RELEASED: Final = f"{_VICTORIA_METRICS}-prod"
"""The name in releases of VictoriaMetrics."""
_BUILD: Final = (
    "go install github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics@v1.151.0"
)
_INSTALL: Final = {
    _PROMETHEUS: "install the package prometheus",
    _VICTORIA_METRICS: f"build it with `{_BUILD}`, as Debian's package has no interface",
}


@dataclass(frozen=True, slots=True)
class Observers:
    """The programs that watch a platform, and the chart with their rules and dashboards."""

    prometheus: Path
    victoria_metrics: Path
    chart: Path

    @classmethod
    def of_json(cls, document: Mapping[str, str] | None) -> "Observers | None":
        """Return what `asdict` has written."""
        return cls(**{name: Path(path) for name, path in document.items()}) if document else None

    @staticmethod
    def ports(base: int) -> dict[str, int]:
        """Return the ports by the names of the processes."""
        return {"prometheus": base + PROMETHEUS_OFFSET, "dashboards": base + DASHBOARDS_OFFSET}


def find_observers(tree: Path) -> Observers:
    """Find everything for a source tree. Raises PlatformError, which says what to install."""
    chart = tree / "deploy" / "helm" / "waybill"
    if not (chart / "files" / "dashboards").is_dir():
        raise PlatformError(
            f"--observe needs the rules and dashboards of {chart}, which is missing: "
            "run this where Waybill's sources are."
        )
    prometheus, victoria_metrics = _prometheus(), _victoria_metrics()
    if prometheus and victoria_metrics:
        return Observers(prometheus, victoria_metrics, chart)
    found = {_PROMETHEUS: prometheus, _VICTORIA_METRICS: victoria_metrics}
    missing = [f"{name} ({_INSTALL[name]})" for name, path in found.items() if path is None]
    raise PlatformError(f"--observe needs what is not installed: {', and '.join(missing)}.")


def _prometheus() -> Path | None:
    return next(_installed(_PROMETHEUS), None)


def _victoria_metrics() -> Path | None:
    found = chain(_installed(_VICTORIA_METRICS), _installed(_RELEASED))
    return next(filter(_draws, found), None)


def _installed(name: str) -> Iterator[Path]:
    """Yield the programs of a name, also where `go install` puts them."""
    go = os.environ.get("GOBIN") or Path(os.environ.get("GOPATH") or Path.home() / "go", "bin")
    for folder in [*os.get_exec_path(), str(go)]:
        if program := shutil.which(name, path=folder):
            yield Path(program)


def _draws(program: Path) -> bool:
    shown = subprocess.run(  # noqa: S603 - found by its name
        [program, "-help"], capture_output=True, text=True, check=False
    )
    return DRAWS in shown.stdout + shown.stderr
