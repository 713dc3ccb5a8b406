"""The same orders with the embedded broker and with Apache Kafka, in turns in one run."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.measured_platform import own_plan, with_own_ports
from waybill_toolkit.lab.bench.placing import Place, measure_closed
from waybill_toolkit.lab.bench.scenario import Case, Options, Scenario
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.handle import running

CLIENTS: Final = (1, 8, 32, 128)


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    """Run both platforms; each idles while the other is measured."""
    with ExitStack() as stack:
        places: dict[BrokerKind, Place] = {}
        for number, kind in enumerate(BrokerKind):
            plan = stack.enter_context(own_plan(with_own_ports(options, number), kind))
            platform = stack.enter_context(running(plan))
            places[kind] = Place(platform, one_line(), through_gateway=False)
        yield [
            Case(f"{kind}, {clients} clients", partial(measure_closed, place, clients, options))
            for clients in ((options.clients,) if options.clients else CLIENTS)
            for kind, place in places.items()
        ]


BROKERS: Final = Scenario(
    "brokers", "orders confirmed with the embedded broker and with Apache Kafka", _cases
)
