"""The whole platform, which sends its traces to a collector of OpenTelemetry."""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
from tests.cluster.binaries import BuildError, built

from waybill_toolkit.operations.traces.receiver import TraceReceiver
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.ports import LOOPBACK, free_port
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root

_READY: Final = "Everything is ready"
WANTED: Final = "WAYBILL_TRACES"
_CONFIG: Final = """\
receivers:
  otlp:
    protocols:
      http: {{endpoint: "{endpoint}"}}
exporters:
  otlp_http:
    endpoint: {file_receiver}
    encoding: json
    compression: none
service:
  telemetry:
    metrics: {{level: none}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [otlp_http]}}
"""


@dataclass
class Collector:
    """A collector, which passes what it has received and decoded on to a file."""

    program: Path
    config: Path
    endpoint: str
    spans: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it receives."""
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [self.program, "--config", self.config], stdout=log, stderr=log
            )
        self.process = process
        while _READY not in self.log.read_text("utf-8"):
            if process.poll() is not None:
                pytest.fail(f"the collector does not start: {self.log.read_text('utf-8')}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The collector is built with Go, which takes minutes the first time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not os.environ.get(WANTED):
            item.add_marker(pytest.mark.skip(reason="needs Go: make test-traces"))


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    try:
        program = built("collector")
    except BuildError as error:
        pytest.fail(str(error))
    folder = tmp_path_factory.mktemp("collector")
    receiver = TraceReceiver((LOOPBACK, 0), folder / "spans.jsonl")
    Thread(target=receiver.serve_forever, daemon=True).start()
    endpoint = f"{LOOPBACK}:{free_port()}"
    config = folder / "collector.yaml"
    file_receiver = f"http://{LOOPBACK}:{receiver.server_address[1]}"
    config.write_text(_CONFIG.format(endpoint=endpoint, file_receiver=file_receiver))
    made = Collector(
        program, config, f"http://{endpoint}", folder / "spans.jsonl", folder / "collector.log"
    )
    made.start()
    yield made
    made.stop()
    receiver.shutdown()
    receiver.server_close()


@pytest.fixture(scope="session")
def traced_platform(collector: Collector) -> Iterator[Platform]:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    with short_folder() as folder:
        plan = Plan.of(folder / "data", tree_root() / "services", free_port_base(), settings)
        with running(with_access(plan, AccessMode.OPEN)) as platform:
            yield platform
        remove_home(plan.data)
