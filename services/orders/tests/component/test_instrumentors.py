"""OpenTelemetry and Prometheus name each operation by its path template."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator

from orders.app import assemble
from orders.contract.api import OPERATIONS
from orders.settings import OrdersSettings
from waybill.app import ServiceApp, build
from waybill.http import Operation
from waybill.ids import uuid7

App = ServiceApp[OrdersSettings]


@asynccontextmanager
async def running(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://orders") as client,
    ):
        yield client


async def ask(client: httpx.AsyncClient, operation: Operation) -> httpx.Response:
    path = operation.path.replace("{order_id}", str(uuid7()))
    return await client.request(operation.method, path, headers={"Idempotency-Key": "k"})


def server_spans(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    spans = exporter.get_finished_spans()
    return [span for span in spans if span.kind is SpanKind.SERVER]


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


@pytest.mark.parametrize("native", [False, True])
async def test_the_span_of_every_operation_has_its_path_template_and_the_trace_of_the_response(
    settings: OrdersSettings,
    exporter: InMemorySpanExporter,
    provider: TracerProvider,
    *,
    native: bool,
) -> None:
    app = build(settings, assemble)
    if native:  # FastAPI's own, which most services switch on by their global provider
        app._telemetry["tracer_provider"] = provider
    else:
        FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
    try:
        async with running(app) as client:
            for operation in OPERATIONS:
                exporter.clear()
                response = await ask(client, operation)
                [span] = server_spans(exporter)
                assert span.name == f"{operation.method} {operation.path}"
                assert (span.attributes or {})["http.route"] == operation.path
                assert response.headers["x-trace-id"] == f"{span.context.trace_id:032x}"
    finally:
        if not native:
            FastAPIInstrumentor.uninstrument_app(app)


async def test_a_span_continues_the_trace_of_the_caller(
    settings: OrdersSettings, exporter: InMemorySpanExporter, provider: TracerProvider
) -> None:
    app = build(settings, assemble)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
    try:
        async with running(app) as client:
            trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
            headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
            response = await client.get("/v1/orders", headers=headers)
    finally:
        FastAPIInstrumentor.uninstrument_app(app)
    [span] = server_spans(exporter)
    assert response.headers["x-trace-id"] == f"{span.context.trace_id:032x}" == trace_id


async def test_the_handler_label_of_every_operation_is_its_path_template(
    settings: OrdersSettings,
) -> None:
    app, registry = build(settings, assemble), CollectorRegistry()
    Instrumentator(registry=registry).instrument(app).expose(app)
    async with running(app) as client:
        for operation in OPERATIONS:
            await ask(client, operation)
        metrics = await client.get("/metrics")
    assert metrics.status_code == 200
    counted = {
        (sample.labels["method"], sample.labels["handler"])
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "http_requests_total"
    }
    operations = {(each.method, each.path) for each in OPERATIONS}
    assert counted == operations | {("GET", "/metrics")}


async def test_a_service_that_serves_metrics_itself_includes_the_contract_counters(
    settings: OrdersSettings,
) -> None:
    assert settings.check_contract
    app = build(settings, assemble)
    Instrumentator().instrument(app).expose(app)
    for _ in range(2):  # it can be started again
        async with running(app) as client:
            await client.get("/v1/orders")
            metrics = (await client.get("/metrics")).text
        assert "waybill_contract_checks_total" in metrics
        assert "http_requests_total" in metrics
