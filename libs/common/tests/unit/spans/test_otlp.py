"""What is sent is OTLP/JSON, as its specification says."""

import time

import orjson

from waybill.spans.otlp import encode
from waybill.spans.span import Attributes, Kind, Span
from waybill.trace import TraceContext

from .conftest import TRACE, span


def encoded(one: Span) -> dict[str, object]:
    [resource] = orjson.loads(encode({"service.name": "orders"}, [one]))["resourceSpans"]
    [scope] = resource["scopeSpans"]
    [found] = scope["spans"]
    return dict(found)


def test_a_span_has_ids_times_and_kind() -> None:
    now = time.perf_counter()
    before = time.time_ns()
    found = encoded(span(1, began=now - 2, ended=now)._replace(kind=Kind.CONSUMER))
    assert (found["traceId"], found["spanId"]) == (TRACE, "0000000000000001")
    assert (found["parentSpanId"], found["kind"]) == ("00f067aa0ba902b7", 5)
    began, ended = int(str(found["startTimeUnixNano"])), int(str(found["endTimeUnixNano"]))
    assert ended - began == 2_000_000_000
    assert abs(ended - before) < 60_000_000_000, "it is Unix time"


def test_a_span_that_begins_its_trace_has_no_parent() -> None:
    assert "parentSpanId" not in encoded(span()._replace(context=TraceContext(TRACE, "1" * 16)))


def test_attributes_have_their_types_and_none_is_left_out() -> None:
    attributes: Attributes = {
        "text": "ü",
        "number": 7,
        "share": 0.5,
        "flag": True,
        "missing": None,
        "large": 2**70,
        "surrogate": "\ud800",
    }
    assert encoded(span(attributes=attributes))["attributes"] == [
        {"key": "text", "value": {"stringValue": "ü"}},
        {"key": "number", "value": {"intValue": "7"}},
        {"key": "share", "value": {"doubleValue": 0.5}},
        {"key": "flag", "value": {"boolValue": True}},
        {"key": "large", "value": {"intValue": str(2**63 - 1)}},
        {"key": "surrogate", "value": {"stringValue": "?"}},
    ]


def test_a_failure_has_a_status_and_its_kind() -> None:
    found = encoded(span(attributes={}, error="TimeoutError"))
    assert found["status"] == {"code": 2}
    error = {"key": "error.type", "value": {"stringValue": "TimeoutError"}}
    assert found["attributes"] == [error]


def test_links_name_other_spans() -> None:
    other = TraceContext("a" * 32, "b" * 16)
    assert encoded(span(links=[other]))["links"] == [
        {"traceId": "a" * 32, "spanId": "b" * 16, "flags": 1}
    ]
