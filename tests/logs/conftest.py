"""The collector of the chart `logs`, and a receiver in place of Loki."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
import yaml
from tests.chart.charts import LOGS
from tests.chart.conftest import helm as helm  # noqa: PLC0414 - a fixture
from tests.cluster.binaries import BuildError, built
from tests.cluster.clients import Client
from tests.collector import Collector
from typing_extensions import override

from waybill_toolkit.platform.ports import LOOPBACK

WANTED: Final = "WAYBILL_LOGS"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The collector is built with Go, which takes minutes the first time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not os.environ.get(WANTED):
            item.add_marker(pytest.mark.skip(reason="needs Go: make test-logs"))


@dataclass
class Received:
    """What Loki has got; with `is_away` it answers 503 instead."""

    records: list[dict[str, Any]] = field(default_factory=list)
    refusals: int = 0
    is_away: bool = False

    def take(self, path: str, body: bytes) -> int:
        """Return the status of the response."""
        if self.is_away:
            self.refusals += 1
            return 503
        if path != "/otlp/v1/logs":
            return 404
        for resource in json.loads(body)["resourceLogs"]:
            of = plain(resource["resource"]["attributes"])
            for scope in resource["scopeLogs"]:
                self.records += [{"resource": of, **each} for each in scope["logRecords"]]
        return 200


def plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return attributes of OTLP/JSON as a dict; a value keeps its name of a type."""
    return {each["key"]: each["value"] for each in attributes}


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def loki(received: Received) -> Iterator[str]:
    """The address of a receiver of logs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(received.take(self.path, body))
            self.send_header("content-type", "application/json")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        @override
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}/otlp"
        server.shutdown()
        thread.join()


@pytest.fixture
def pods(tmp_path: Path) -> Path:
    """The folder that is /var/log/pods on a node."""
    folder = tmp_path / "pods"
    folder.mkdir()
    return folder


@pytest.fixture
def collector(helm: Client, loki: str, pods: Path, tmp_path: Path) -> Iterator[Collector]:
    """The collector with the settings of the chart, apart from its folders."""
    try:
        program = built("collector")
    except BuildError as error:
        pytest.skip(str(error))
    (tmp_path / "read").mkdir()
    text = helm.run("template", "logs", LOGS, "--set", f"loki.endpoint={loki}")
    [settings] = [
        each["data"]["collector.yaml"]
        for each in yaml.safe_load_all(text)
        if each["kind"] == "ConfigMap"
    ]
    settings = settings.replace("/var/log/pods", str(pods))
    document = yaml.safe_load(settings.replace("/var/lib/waybill-logs", str(tmp_path / "read")))
    # As text, to look into it.
    document["exporters"]["otlp_http/loki"] |= {"encoding": "json", "compression": "none"}
    config = tmp_path / "collector.yaml"
    config.write_text(yaml.safe_dump(document))
    made = Collector(program=program, config=config, log=tmp_path / "collector.log")
    made.start()
    yield made
    made.stop()
