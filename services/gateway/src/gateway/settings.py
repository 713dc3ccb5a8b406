"""Settings of the gateway."""

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, StringConstraints

from waybill.process.settings import ProcessSettings

Origin = Annotated[str, StringConstraints(pattern=r"^http://[^/?#@\s]+$")]
"""Scheme, host and port, without a path."""


class GatewaySettings(ProcessSettings):
    """Those of every process, and where the services are."""

    service: str = "gateway"

    upstreams: Annotated[dict[str, Origin], Field(min_length=1)]
    """By service, in JSON: {"orders": "http://orders:8000", ...}."""
    upstream_connections_max: PositiveInt = 100
    """To each service. It has ten database connections: more requests would only wait there."""

    connect_seconds: PositiveFloat = 2.0
    """For a free connection or a new one. A packet that is lost is sent again after 1 s."""
    answer_seconds: PositiveFloat = 40.0
    """Between two signs of life of a service. It gives up by itself after 35 s: 5 s without a
    database connection, 30 s for a statement (see `waybill.postgres.database`)."""
    client_seconds: PositiveFloat = 30.0
    """Between two signs of life of a client that sends or takes a body."""
