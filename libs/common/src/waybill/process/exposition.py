"""/metrics: what both processes of a service have counted, and the work that is open.

In the text format of Prometheus, or in OpenMetrics if the client accepts it, which has exemplars:
the trace ids of some requests.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.routing import Router
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from waybill.http.header_fields import by_name
from waybill.http.reply import Reply
from waybill.http.routing import add as add_route
from waybill.metrics import Sample
from waybill.process.gauges import Gauges
from waybill.process.values import SERVING, Values, add, is_time, metrics_of, unpacked, values_of
from waybill.process.worker_process import Child

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

METRICS_PATH: Final = "/metrics"
RUNTIME_PATH: Final = "/metrics/runtime"
"""Where the gauges are in a service that serves /metrics itself."""


class Metrics:
    """Answers /metrics."""

    def __init__(
        self,
        gauges: Gauges,
        registry: "CollectorRegistry | None" = None,
        own: Callable[[], Iterable[Sample]] = tuple,
        child: Child | None = None,
    ) -> None:
        """Render the open work, a service's `own` readings, the registry and both processes."""
        self._gauges = gauges
        self._registry = registry
        self._own = own
        self._child = child

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        accepted = by_name(scope["headers"]).get(b"accept", b"").decode("latin-1")
        encode, content_type = choose_encoder(accepted)
        values = await self._values()
        body = encode(_Rendered(values, self._registry))
        headers = (("content-type", content_type), ("cache-control", "no-store"))
        await Reply(200, headers, body).send(send)

    async def _values(self) -> Values:
        work = await self._gauges.read()
        background = {} if self._child is None else unpacked(await self._child.metrics())
        return add(values_of(SERVING, [*work, *self._own()]), background)


class _Rendered(Collector):
    """Values in the place of a registry."""

    def __init__(self, values: Values, registry: "CollectorRegistry | None") -> None:
        self._values = values
        self._registry = registry

    @override
    def collect(self) -> Iterable[Metric]:
        yield from metrics_of(self._values)
        if self._registry is not None:
            for metric in self._registry.collect():
                metric.samples = [each for each in metric.samples if not is_time(each.name)]
                yield metric


def mount_metrics(router: Router, path: str, metrics: Metrics) -> None:
    """Serve metrics at `path`."""
    add_route(router, path, {"GET": metrics})


@contextmanager
def shared_metrics(registry: "CollectorRegistry") -> Iterator[None]:
    """Show counters in the default registry, for a service with its own /metrics."""
    from prometheus_client import REGISTRY  # noqa: PLC0415 - only with metrics of its own

    from waybill.process.shared_metrics import Shared  # noqa: PLC0415 - see above

    shared = Shared(registry)
    REGISTRY.register(shared)
    try:
        yield
    finally:
        REGISTRY.unregister(shared)
