"""The whole platform, which sends its traces to a collector of OpenTelemetry."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
from tests.cluster.binaries import BuildError, built
from tests.collector import Collector

from waybill_toolkit.operations.traces.receiver import TraceReceiver
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.ports import LOOPBACK, free_port
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root

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


@dataclass(kw_only=True)
class TraceCollector(Collector):
    """A collector, which passes what it has received and decoded on to a file."""

    endpoint: str
    spans: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The collector is built with Go, which takes minutes the first time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not os.environ.get(WANTED):
            item.add_marker(pytest.mark.skip(reason="needs Go: make test-traces"))


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TraceCollector]:
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
    made = TraceCollector(
        program=program,
        config=config,
        log=folder / "collector.log",
        endpoint=f"http://{endpoint}",
        spans=folder / "spans.jsonl",
    )
    made.start()
    yield made
    made.stop()
    receiver.shutdown()
    receiver.server_close()


@pytest.fixture(scope="session")
def traced_platform(collector: TraceCollector) -> Iterator[Platform]:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    with short_folder() as folder:
        plan = Plan.of(folder / "data", tree_root() / "services", free_port_base(), settings)
        with running(with_access(plan, AccessMode.OPEN)) as platform:
            yield platform
        remove_home(plan.data)
