"""The folder of what watches a platform, in its data folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ObserversFolder:
    """The files of the observers; what they store stays until the data is wiped."""

    path: Path

    @classmethod
    def of(cls, data: Path) -> "ObserversFolder":
        """Return that of a data folder."""
        return cls(data / "observe")

    @property
    def prometheus_file(self) -> Path:
        return self.path / "prometheus.yaml"

    @property
    def prometheus_data(self) -> Path:
        return self.path / "prometheus"

    @property
    def dashboards(self) -> Path:
        return self.path / "dashboards"

    @property
    def victoria_metrics_data(self) -> Path:
        return self.path / "victoria-metrics"
