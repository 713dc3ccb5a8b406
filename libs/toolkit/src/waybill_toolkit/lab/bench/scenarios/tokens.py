"""The same orders, straight to an open service and through the gateway with tokens, in turns."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.measured_platform import own_plan, with_own_ports
from waybill_toolkit.lab.bench.placing import Place, measure_closed
from waybill_toolkit.lab.bench.scenario import Case, Options, Scenario
from waybill_toolkit.platform.handle import running
from waybill_toolkit.platform.identity import AccessMode

CLIENTS: Final = 32


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    """Run both platforms; each idles while the other one is measured."""
    with ExitStack() as stack:
        places = {}
        for number, mode in enumerate(AccessMode):
            own = own_plan(with_own_ports(options, number), name=mode, access=mode)
            platform = stack.enter_context(running(stack.enter_context(own)))
            for through_gateway in (False, True):
                route = "gateway" if through_gateway else "straight"
                places[f"{mode}, {route}"] = Place(platform, one_line(), through_gateway)
        clients = options.clients or CLIENTS
        yield [
            Case(f"{name}, {clients} clients", partial(measure_closed, place, clients, options))
            for name, place in places.items()
        ]


TOKENS: Final = Scenario(
    "tokens", "orders confirmed with open access and with tokens, by route", _cases
)
