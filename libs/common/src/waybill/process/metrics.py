"""Counters at /metrics, in the text format of Prometheus."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.routing import Router
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from waybill.http.reply import Reply
from waybill.http.routing import add

METRICS_PATH: Final = "/metrics"


class Metrics:
    """Renders the current values of a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = (("content-type", CONTENT_TYPE_LATEST), ("cache-control", "no-store"))
        await Reply(200, headers, generate_latest(self._registry)).send(send)


def mount_metrics(router: Router, registry: CollectorRegistry) -> None:
    """Serve /metrics."""
    add(router, METRICS_PATH, {"GET": Metrics(registry)})


@contextmanager
def shared_metrics(registry: CollectorRegistry) -> Iterator[None]:
    """Show counters in the default registry, for a service with its own /metrics."""
    shared = _Shared(registry)
    REGISTRY.register(shared)
    try:
        yield
    finally:
        REGISTRY.unregister(shared)


class _Shared(Collector):
    """Describes no metrics, because two services in one process have the same ones."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    @override
    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()

    def describe(self) -> Iterable[Metric]:
        return ()
