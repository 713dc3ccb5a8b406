"""A Prometheus and an Alertmanager that watch a platform, with the alerts of the chart."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import yaml
from tests.alerts.scaled import scaled

from waybill_toolkit.platform.ports import LOOPBACK, free_port

CHART: Final = Path(__file__).parents[2] / "deploy" / "helm" / "waybill"
RULES: Final = (
    CHART / "alerts" / "alerts.yaml",
    CHART / "files" / "rules" / "services.yaml",
    CHART / "files" / "rules" / "objectives.yaml",
)
PROGRAMS: Final = {
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
}
_START_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.25


class Alert(NamedTuple):
    """An alert as somebody is notified of it."""

    name: str
    severity: str


def declared() -> set[Alert]:
    """Return the alerts of all rules of the chart."""
    return {
        Alert(rule["alert"], rule["labels"]["severity"])
        for file in RULES
        for group in yaml.safe_load(file.read_bytes())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }


def program(name: str) -> str | None:
    """Return the path of a program, if it is installed."""
    return next((found for each in PROGRAMS[name] if (found := shutil.which(each))), None)


class Monitoring:
    """What the two have seen."""

    def __init__(self, prometheus: str, alertmanager: str) -> None:
        self._client = httpx.AsyncClient(timeout=10)
        self._prometheus = prometheus
        self._alertmanager = alertmanager

    async def notified(self) -> set[Alert]:
        """Return the alerts that somebody is called for: active, and not inhibited."""
        which = {"active": "true", "inhibited": "false", "silenced": "false"}
        answer = await self._client.get(f"{self._alertmanager}/api/v2/alerts", params=which)
        found = [each["labels"] for each in answer.raise_for_status().json()]
        return {Alert(each["alertname"], each["severity"]) for each in found}

    async def is_calm(self) -> bool:
        """Whether no alert fires, or would fire soon."""
        return not await self.query("ALERTS")

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression."""
        answer = await self._client.get(
            f"{self._prometheus}/api/v1/query", params={"query": expression}
        )
        result: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
        return result

    async def wait_until_ready(self, services: int) -> None:
        """Wait until both answer, every service was read, and no alert is left from before that.

        Raises TimeoutError.
        """
        async with asyncio.timeout(_START_SECONDS):
            for address in (self._prometheus, self._alertmanager):
                while not await self._answers(f"{address}/-/ready"):
                    await asyncio.sleep(_POLL_SECONDS)
            while len(await self.query("up == 1")) < services or not await self.is_calm():
                await asyncio.sleep(_POLL_SECONDS)

    async def _answers(self, address: str) -> bool:
        try:
            return (await self._client.get(address)).status_code == 200
        except httpx.TransportError:
            return False

    async def close(self) -> None:
        await self._client.aclose()


@asynccontextmanager
async def monitoring(
    folder: Path, services: Mapping[str, Sequence[int]]
) -> AsyncIterator[Monitoring]:
    """Watch services, by their names and ports, from a new start with empty data."""
    prometheus, alertmanager = free_port(), free_port()
    _configure(folder, services, alertmanager)
    commands = [
        [
            str(program("prometheus")),
            f"--config.file={folder}/prometheus.yaml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={LOOPBACK}:{prometheus}",
        ],
        [
            str(program("alertmanager")),
            f"--config.file={folder}/alertmanager.yaml",
            f"--storage.path={folder}/alerts",
            f"--web.listen-address={LOOPBACK}:{alertmanager}",
            "--cluster.listen-address=",
        ],
    ]
    with (folder / "log").open("wb") as log:
        processes = [
            await asyncio.create_subprocess_exec(*each, stdout=log, stderr=log) for each in commands
        ]
        found = Monitoring(f"http://{LOOPBACK}:{prometheus}", f"http://{LOOPBACK}:{alertmanager}")
        try:
            await found.wait_until_ready(len(services))
            yield found
        finally:
            await found.close()
            for process in processes:
                if process.returncode is None:
                    process.terminate()
                await process.wait()


def _configure(folder: Path, services: Mapping[str, Sequence[int]], alertmanager: int) -> None:
    folder.mkdir(parents=True)
    for file in RULES:
        (folder / file.name).write_text(scaled(file.read_text()))
    scrapes = [
        {
            "job_name": name,
            "static_configs": [{"targets": [f"{LOOPBACK}:{port}" for port in ports]}],
        }
        for name, ports in services.items()
    ]
    _write(
        folder / "prometheus.yaml",
        {
            "global": {
                "scrape_interval": "2s",
                "scrape_timeout": "2s",
                "evaluation_interval": "1s",
            },
            "rule_files": [file.name for file in RULES],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [f"{LOOPBACK}:{alertmanager}"]}]}]
            },
            "scrape_configs": scrapes,
        },
    )
    inhibit = yaml.safe_load((CHART / "alerts" / "alertmanager.yaml").read_bytes())
    _write(
        folder / "alertmanager.yaml",
        {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}], **inhibit},
    )


def _write(file: Path, document: object) -> None:
    file.write_text(yaml.safe_dump(document, sort_keys=False))
