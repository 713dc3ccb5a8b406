"""A request of a sampled trace has a span, by the semantic conventions of HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from waybill.spans import Kind, Span
from waybill.spans.recorder import Recorder, use

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    use(recorder)
    yield recorder
    use(None)


def get(client: TestClient, path: str, flag: str = "01") -> int:
    return client.get(path, headers={"traceparent": f"00-{TRACE_ID}-{CALLER}-{flag}"}).status_code


def test_a_request_is_recorded_with_its_route_and_status(make: Any, recorder: Recorder) -> None:
    with TestClient(make()) as client:
        assert get(client, "/v1/sales/7?email=a@example.org") == 422
    [span] = recorder.take(10)
    assert isinstance(span, Span)
    assert (span.context.trace_id, span.context.parent_id) == (TRACE_ID, CALLER)
    assert (span.name, span.kind, span.error) == ("GET /v1/sales/{number}", Kind.SERVER, None)
    assert span.ended >= span.began
    found = {key: value for key, value in span.attributes.items() if value is not None}
    assert found == {
        "http.request.method": "GET",
        "http.route": "/v1/sales/{number}",
        "url.path": "/v1/sales/7",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "http.response.status_code": 422,
        "waybill.operation": "get_sale",
    }
    assert "example.org" not in repr(span)


def test_a_failed_request_is_an_error(make: Any, recorder: Recorder) -> None:
    with TestClient(make(), raise_server_exceptions=False) as client:
        assert get(client, "/v1/sales/bug") == 500
    [span] = recorder.take(10)
    assert span.error == "500"


def test_a_path_without_a_route_is_not_recorded(make: Any, recorder: Recorder) -> None:
    with TestClient(make()) as client:
        assert get(client, "/secret-of-a-customer") == 404
    [span] = recorder.take(10)
    assert span.name == "GET"
    assert "secret-of-a-customer" not in repr(span)


@pytest.mark.parametrize(
    ("path", "flag"), [("/v1/sales/7", "00"), ("/health/live", "01"), ("/metrics", "01")]
)
def test_unsampled_requests_and_probes_have_no_span(
    make: Any, recorder: Recorder, path: str, flag: str
) -> None:
    with TestClient(make()) as client:
        assert get(client, path, flag) == 200
    assert not len(recorder)


def test_a_span_of_opentelemetry_is_not_recorded_twice(make: Any, recorder: Recorder) -> None:
    def instrument(app: Any) -> None:
        FastAPIInstrumentor.instrument_app(app, tracer_provider=TracerProvider())

    with TestClient(make(configure=instrument)) as client:
        assert get(client, "/v1/sales/7") == 200
    assert not len(recorder)
