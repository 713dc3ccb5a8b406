"""One audit: look at every database twice, ask every invariant.

    first look     orders, then its neighbours     what is settled, held, paid, sent
    second look    the neighbours, then orders     what was taken; what is still settled

The looks are transactions of their own, so what moves is at another place in each of them. Only
what stands still can be compared: an order that is settled in both looks at orders was settled
when its neighbours were looked at (see `together`), and an event counts as lost only when things
went on without it for as long as `grace` (see `events`). So an audit of a running system raises no
false alarm, and one of a system at rest leaves nothing out.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from waybill_toolkit.operations.audit.books import Books
from waybill_toolkit.operations.audit.events import IN_FLIGHT, RETRIED, UNPUBLISHED
from waybill_toolkit.operations.audit.extracts import FIRST_LOOK, SECOND_LOOK, SENT, TAKEN
from waybill_toolkit.operations.audit.invariant import EVERY, TOGETHER
from waybill_toolkit.operations.audit.invariants import INVARIANTS
from waybill_toolkit.operations.audit.orders import MOVING
from waybill_toolkit.operations.audit.report import Collector, Report
from waybill_toolkit.operations.audit.snapshot import Snapshot, look

GRACE: Final = timedelta(minutes=1)  # far more than a restart of anything takes

_FIRST: Final = "orders"
_NOW: Final = "select extract(epoch from now())::float8"


async def audit(
    databases: Mapping[str, str],
    receives: Mapping[str, frozenset[str]],
    grace: timedelta = GRACE,
) -> Report:
    """Check all invariants.

    `databases` are the addresses by service, `receives` the event types that each service takes.
    Raises OSError or asyncpg's errors when a database cannot be looked at.
    """
    services = [_FIRST, *sorted(databases.keys() - {_FIRST})]
    types = sorted(frozenset().union(*receives.values()))
    collector = Collector()
    now = 0.0
    with Books() as books:
        for service in services:
            async with look(databases[service], grace) as snapshot:
                await _ask_alone(service, snapshot, collector)
                await snapshot.copy(SENT, books, service, types)
                for extract in FIRST_LOOK.get(service, ()):
                    await snapshot.copy(extract, books)
        for service in reversed(services):
            async with look(databases[service], grace) as snapshot:
                await snapshot.copy(TAKEN, books, service)
                for extract in SECOND_LOOK.get(service, ()):
                    await snapshot.copy(extract, books)
                now = await snapshot.value(_NOW)
        books.finish(receives)
        _ask_together(books, now, grace, collector)
    return collector.report()


async def _ask_alone(service: str, snapshot: Snapshot, collector: Collector) -> None:
    for invariant in INVARIANTS:
        if invariant.where == EVERY:
            rows = await snapshot.ask(invariant.sql, collector.rows_max + 1)
            collector.found(invariant, [{"database": service, **row} for row in rows])
        elif invariant.where == service:
            rows = await snapshot.ask(invariant.sql, collector.rows_max + 1)
            collector.found(invariant, rows)
    collector.events_unpublished += int(await snapshot.value(UNPUBLISHED))
    collector.events_retried += int(await snapshot.value(RETRIED))
    if service == _FIRST:
        collector.orders = int(await snapshot.value(MOVING))


def _ask_together(books: Books, now: float, grace: timedelta, collector: Collector) -> None:
    parameters = {"now": now, "grace_seconds": grace.total_seconds()}
    for invariant in INVARIANTS:
        if invariant.where == TOGETHER:
            rows = books.ask(invariant.sql, collector.rows_max + 1, parameters)
            collector.found(invariant, rows)
    collector.events_in_flight = books.ask(IN_FLIGHT, 1)[0]["events"]
