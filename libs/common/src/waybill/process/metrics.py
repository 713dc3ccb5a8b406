"""Counters at /metrics, in the text format of Prometheus."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from waybill.http.reply import Reply
from waybill.http.routing import add


class Metrics:
    """Writes down a registry as it is now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = (("content-type", CONTENT_TYPE_LATEST), ("cache-control", "no-store"))
        await Reply(200, headers, generate_latest(self._registry)).send(send)


def mount_metrics(router: Router, registry: CollectorRegistry) -> None:
    """Serve /metrics."""
    add(router, "/metrics", {"GET": Metrics(registry)})
