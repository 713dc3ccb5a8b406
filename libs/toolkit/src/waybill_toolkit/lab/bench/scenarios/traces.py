"""The same orders without traces and with a share of them sampled, in turns in one run."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.measured_platform import own_plan, with_own_ports
from waybill_toolkit.lab.bench.placing import Place, measure_closed
from waybill_toolkit.lab.bench.scenario import Case, Options, Scenario
from waybill_toolkit.platform.handle import running
from waybill_toolkit.platform.ports import LOOPBACK, free_port

CLIENTS: Final = (32,)
SHARES: Final[Mapping[str, str | None]] = {"off": None, "10 % sampled": "0.1", "all sampled": "1"}


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    """Run a platform for each share; each idles while another one is measured."""
    with ExitStack() as stack:
        places: dict[str, Place] = {}
        for number, (name, share) in enumerate(SHARES.items()):
            plan = stack.enter_context(
                own_plan(with_own_ports(options, number), name=f"traces-{number}")
            )
            if share is not None:
                plan.data.mkdir(parents=True, exist_ok=True)
                endpoint = stack.enter_context(_receiver(plan.data / "traces.jsonl"))
                plan = replace(plan, settings={**plan.settings, **_settings(endpoint, share)})
            platform = stack.enter_context(running(plan))
            places[name] = Place(platform, one_line(), through_gateway=True)
        yield [
            Case(f"{name}, {clients} clients", partial(measure_closed, place, clients, options))
            for clients in ((options.clients,) if options.clients else CLIENTS)
            for name, place in places.items()
        ]


def _settings(endpoint: str, share: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": share,
    }


@contextmanager
def _receiver(file: Path) -> Iterator[str]:
    """Run `waybill traces` in a process of its own, as a receiver of traces always is."""
    port = free_port()
    command = [sys.executable, "-m", "waybill_toolkit", "traces", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 - ours
        [*command, "--file", str(file)], stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield f"http://{LOOPBACK}:{port}"
        finally:
            process.terminate()


TRACES: Final = Scenario(
    "traces", "orders confirmed without traces, with 10 % sampled and with all sampled", _cases
)
