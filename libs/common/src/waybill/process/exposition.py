"""/metrics, in the text format of Prometheus: gauges of the open work, and counters."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Final

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from waybill.http.reply import Reply
from waybill.http.routing import add
from waybill.process.gauges import Gauge, Gauges

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

METRICS_PATH: Final = "/metrics"
RUNTIME_PATH: Final = "/metrics/runtime"
"""Where the gauges are in a service that serves /metrics itself."""
_TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Renders the gauges and, if there is one, a registry of counters."""

    def __init__(
        self,
        gauges: Gauges,
        registry: "CollectorRegistry | None" = None,
        own: Callable[[], Iterable[Gauge]] = tuple,
    ) -> None:
        """Render `gauges`, a service's own ones, and the counters in `registry`."""
        self._gauges = gauges
        self._registry = registry
        self._own = own

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        body = render([*await self._gauges.read(), *self._own()])
        if self._registry is not None:
            from prometheus_client import generate_latest  # noqa: PLC0415 (takes megabytes)

            body += generate_latest(self._registry)
        headers = (("content-type", _TEXT_FORMAT), ("cache-control", "no-store"))
        await Reply(200, headers, body).send(send)


def render(gauges: Sequence[Gauge]) -> bytes:
    """Render gauges in the text format; those of one name follow each other."""
    lines: list[str] = []
    for name, of_name in groupby(
        sorted(gauges, key=lambda gauge: gauge.name), lambda gauge: gauge.name
    ):
        found = list(of_name)
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# HELP {name} {found[0].help}", f"# TYPE {name} {kind}"]
        for each in found:
            labels = ",".join(f'{label}="{value}"' for label, value in each.labels.items())
            lines.append(
                f"{name}{{{labels}}} {float(each.value)}"
                if labels
                else f"{name} {float(each.value)}"
            )
    return "".join(f"{line}\n" for line in lines).encode()


def mount_metrics(router: Router, path: str, metrics: Metrics) -> None:
    """Serve metrics at `path`."""
    add(router, path, {"GET": metrics})


@contextmanager
def shared_metrics(registry: "CollectorRegistry") -> Iterator[None]:
    """Show counters in the default registry, for a service with its own /metrics."""
    from prometheus_client import REGISTRY  # noqa: PLC0415 - only with metrics of its own

    from waybill.process.shared_metrics import Shared  # noqa: PLC0415 (takes megabytes)

    shared = Shared(registry)
    REGISTRY.register(shared)
    try:
        yield
    finally:
        REGISTRY.unregister(shared)
