"""The values of traces in the chart."""

from typing import Annotated

from pydantic import Field, StringConstraints

from waybill_toolkit.contracts.chart.service_values import CaSecret, Group

OtlpEndpoint = Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$")]


class TraceHeaders(Group):
    """Headers of each request to the receiver of traces, which are secrets."""

    existing_secret: str = ""
    """The Secret: name=value,name=value, percent-encoded. It needs an https address."""
    key: str = "headers"
    """The key in it."""


class Tracing(Group):
    """Traces: what each service did for an order, sent to a receiver of OTLP over HTTP."""

    otlp_endpoint: OtlpEndpoint = ""
    """The address, such as http://otel-collector:4318; /v1/traces is appended. Traces are off
    without it."""
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of the traces that begin here. Callers decide for theirs."""
    headers: TraceHeaders = TraceHeaders()
    """Headers of each request."""
    ca: CaSecret = CaSecret()
    """The CA of the receiver."""
