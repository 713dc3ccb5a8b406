"""What `tracing` makes of a pod: settings of OpenTelemetry, which the services accept."""

from pathlib import Path

import pytest
from tests.chart.charts import containers, of_kind, variables
from tests.chart.conftest import Render

from waybill.process.trace_settings import read_trace_settings
from waybill_toolkit.testing.certificates import CertificateAuthority


def _of_traces(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("OTEL_")}


def test_without_an_endpoint_traces_are_off(render: Render) -> None:
    for _, container in containers(render("smallest")):
        assert not _of_traces(variables(container))


def test_every_service_sends_a_share_of_its_traces(render: Render) -> None:
    found = dict(containers(render("tracing")))
    assert {"gateway", "inventory", "orders", "payments"} <= set(found)
    for container in found.values():
        assert _of_traces(variables(container)) == {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://otlp.example",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.05",
            "OTEL_EXPORTER_OTLP_HEADERS_FILE": "/etc/waybill/trace-headers/headers",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": "/etc/waybill/trace-ca/ca.crt",
        }


def test_a_service_accepts_these_settings(
    render: Render, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    container = dict(containers(render("tracing")))["orders"]
    headers = tmp_path / "headers"
    headers.write_text("X-Key=k")
    for name, value in _of_traces(variables(container)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS_FILE", str(headers))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(CertificateAuthority(tmp_path).ca))
    destination = read_trace_settings().destination
    assert destination.url == "https://otlp.example/v1/traces"
    assert destination.headers == {"X-Key": "k"}


def test_a_network_policy_lets_services_reach_the_receiver(render: Render) -> None:
    for name, policy in of_kind(render("tracing"), "NetworkPolicy").items():
        ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
        assert (4318 in ports) == (name != "audit"), name
