"""A demo: places orders, collects their outcomes, and runs the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from waybill_toolkit.operations.audit import Report
from waybill_toolkit.operations.workload import show
from waybill_toolkit.operations.workload.demo import open_shop
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import Outcome, place_all
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import audit_when_settled, client_of
from waybill_toolkit.operations.workload.summary import Summary
from waybill_toolkit.platform.handle import Platform


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one command."""

    outcomes: Sequence[Outcome]
    summary: Summary
    report: Report

    @property
    def is_ok(self) -> bool:
        """Whether every order was accepted and is final, and the audit passed."""
        return self.report.is_ok and not self.summary.in_flight and not self.summary.refused

    def to_json(self) -> dict[str, Any]:
        """Return the output of --json: counts, percentiles and errors."""
        return {
            **self.summary.to_json(),
            "audit_ok": self.report.is_ok,
            "audit_broken": [finding.invariant.name for finding in self.report.broken],
            "refusals": [
                {"order_ref": outcome.wanted.reference, "reason": outcome.refusal}
                for outcome in self.outcomes
                if outcome.refusal
            ],
        }

    def show(self, console: Console) -> None:
        """Print the result."""
        show.show_summary(console, self.summary)
        show.show_refusals(console, self.outcomes)
        show.show_audit(console, self.report)


async def run_demo(platform: Platform, console: Console, order_count: int) -> Run:
    """Seed a shop and place orders in it. Raises ServiceError, PlatformError."""
    shop = open_shop(order_count)
    client = client_of(platform)
    try:
        await seed(client, shop.variants, shop.units)
        with show.progress_bar(console, "Placing orders", order_count) as step:
            outcomes = await place_all(client, shop.orders, Poller(client).follow, on_final=step)
    finally:
        client.close()
    return await _audited(platform, console, outcomes)


async def _audited(platform: Platform, console: Console, outcomes: Sequence[Outcome]) -> Run:
    with console.status("Auditing ..."):
        report = await audit_when_settled(platform)
    return Run(outcomes, Summary.of(outcomes), report)
