"""Spans as OTLP/JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from waybill.spans.span import Attributes, Span, clock_offset_ns
from waybill.trace import TraceContext

SCOPE: Final = "waybill"
"""The name of the instrumentation."""
_STATUS_ERROR: Final = 2
_SAMPLED: Final = 1
_NS: Final = 1_000_000_000
_INT64: Final = 2**63


def encode(resource: Mapping[str, str], spans: Sequence[Span]) -> bytes:
    """Encode spans of one process as an ExportTraceServiceRequest."""
    offset = clock_offset_ns()
    return orjson.dumps(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(resource)},
                    "scopeSpans": [
                        {
                            "scope": {"name": SCOPE},
                            "spans": [_span(each, offset) for each in spans],
                        }
                    ],
                }
            ]
        }
    )


def _span(span: Span, offset: int) -> dict[str, Any]:
    context, name, kind, began, ended, attributes, links, error = span
    began_ns = int(began * _NS) + offset
    encoded: dict[str, Any] = {
        "traceId": context.trace_id,
        "spanId": context.span_id,
        "flags": _SAMPLED,
        "name": name,
        "kind": int(kind),
        # 64-bit integers are texts in the JSON of protobuf.
        "startTimeUnixNano": str(began_ns),
        "endTimeUnixNano": str(max(began_ns, int(ended * _NS) + offset)),
        "attributes": _attributes(attributes),
    }
    if context.parent_id:
        encoded["parentSpanId"] = context.parent_id
    if links:
        encoded["links"] = list(map(_link, links))
    if error is not None:
        encoded["status"] = {"code": _STATUS_ERROR}
        encoded["attributes"].append({"key": "error.type", "value": {"stringValue": error}})
    return encoded


def _link(context: TraceContext) -> dict[str, Any]:
    return {"traceId": context.trace_id, "spanId": context.span_id, "flags": _SAMPLED}


def _attributes(attributes: Attributes) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": _value(value)}
        for key, value in attributes.items()
        if value is not None
    ]


def _value(value: str | float | bool) -> dict[str, Any]:  # noqa: FBT001 - any value
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(max(-_INT64, min(value, _INT64 - 1)))}
        case float():
            return {"doubleValue": value}
        case _:
            # A lone surrogate, which a broken client can send, is no JSON.
            return {"stringValue": value.encode("utf-8", "replace").decode()}
