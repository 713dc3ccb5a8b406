"""Lines of a service, as a node keeps them, arrive at Loki with their fields."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.collector import Collector
from tests.logs.conftest import Received, plain

from waybill_toolkit.testing.eventually import eventually

PROGRAM: Final = """
import logging
from waybill import logs, trace

logs.configure("orders", "DEBUG")
log = logging.getLogger("waybill.http.requests")
with trace.resumed("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"):
    log.info("GET /v1/orders 200", extra={"method": "GET", "status": 200, "seconds": 0.25})
log.warning("batch", extra={"types": ["a", "b"]})
log.critical("down")
try:
    raise LookupError("no such order")
except LookupError:
    log.exception("failed")
"""
"""Logs as services do."""
POD: Final = "waybill_release-orders-5d4f-x7_0d3c/orders/0.log"
TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"


def lines_of_a_service() -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    return run.stdout.splitlines()


def write(pods: Path, lines: list[str], pod: str = POD) -> None:
    """Append lines as a container runtime does (CRI)."""
    file = pods / pod
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as log:
        for line in lines:
            log.write(f"2026-11-30T18:43:44.123456789Z stdout F {line}\n")


async def records(received: Received, count: int) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        return received.records

    return await eventually(f"{count} lines arrive", read, lambda found: len(found) >= count)


async def test_the_fields_of_a_line_arrive(
    collector: Collector, received: Received, pods: Path
) -> None:
    lines = lines_of_a_service()
    write(pods, lines)
    request, batch, down, failed = await records(received, 4)

    assert request["resource"]["service.name"] == {"stringValue": "orders"}
    assert request["resource"]["k8s.namespace.name"] == {"stringValue": "waybill"}
    assert request["resource"]["k8s.pod.name"] == {"stringValue": "release-orders-5d4f-x7"}
    assert request["body"] == {"stringValue": "GET /v1/orders 200"}
    assert request["traceId"] == TRACE_ID
    attributes = plain(request["attributes"])
    assert attributes["status"] == {"intValue": "200"}
    assert attributes["seconds"] == {"doubleValue": 0.25}
    assert attributes["logger"] == {"stringValue": "waybill.http.requests"}
    assert not attributes.keys() & {"time", "level", "message", "service", "trace_id"}
    assert plain(batch["attributes"])["types"]["arrayValue"]["values"] == [
        {"stringValue": "a"},
        {"stringValue": "b"},
    ]
    assert request["severityText"] == "INFO"
    assert [each["severityNumber"] for each in (request, batch, down, failed)] == [9, 13, 21, 17]
    error = plain(plain(failed["attributes"])["error"]["kvlistValue"]["values"])
    assert error["type"] == {"stringValue": "LookupError"}
    written = datetime.fromisoformat(json.loads(lines[0])["time"])
    assert int(request["timeUnixNano"]) // 1000 == round(written.timestamp() * 1e6)


async def test_other_lines_stay_as_they_are_and_other_namespaces_are_left_alone(
    collector: Collector, received: Received, pods: Path
) -> None:
    write(pods, ["of another namespace"], "kube-system_dns_1/dns/0.log")
    write(pods, ["Killed"])
    [record] = await records(received, 1)
    assert record["body"] == {"stringValue": "Killed"}


async def test_a_store_that_is_away_and_a_restart_cost_no_line(
    collector: Collector, received: Received, pods: Path
) -> None:
    received.is_away = True
    write(pods, ["first"])

    async def refusals() -> int:
        return received.refusals

    await eventually("the store refuses", refusals, bool)
    received.is_away = False
    await records(received, 1)
    collector.stop()
    write(pods, ["second"])
    collector.start()
    found = await records(received, 2)
    assert [each["body"]["stringValue"] for each in found] == ["first", "second"]
