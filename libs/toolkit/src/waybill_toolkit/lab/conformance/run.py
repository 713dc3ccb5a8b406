"""Tests all services of a repository one after the other on a new platform.

At the end the audit must pass, and no service may have reported a violation of its contract by a
response or a sent event.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.lab.conformance.exclusions import Exclusions
from waybill_toolkit.lab.conformance.selfcheck import SelfCheck, self_check_of
from waybill_toolkit.lab.conformance.shop import Shop
from waybill_toolkit.lab.conformance.trial import Plan, Verdict, try_service
from waybill_toolkit.operations.audit import Report
from waybill_toolkit.operations.workload.session import audit_when_settled
from waybill_toolkit.platform.handle import Platform

EXCLUSIONS: Final = Path("tests/contract/conformance-exclusions.yaml")


@dataclass(frozen=True, slots=True)
class Run:
    """The result of a run."""

    verdicts: Sequence[Verdict]
    self_checks: Mapping[str, SelfCheck]
    """By service."""
    audit: Report
    exclusions: Exclusions

    @property
    def cases(self) -> int:
        """The number of requests."""
        return sum(each.cases.total() for each in self.verdicts)

    @property
    def is_ok(self) -> bool:
        """Whether there were no failures; unused exclusions are left to the caller."""
        return (
            all(each.is_ok for each in self.verdicts)
            and not any(each.violations for each in self.self_checks.values())
            and self.audit.is_ok
        )


def try_all(
    repository: Repository,
    platform: Platform,
    shop: Shop,
    trials: Iterable[tuple[str, Plan]],
    done: Callable[[Verdict], None],
) -> Run:
    """Test services, each with its plan; `done` is called with each verdict.

    Raises PlatformError, httpx.HTTPError.
    """
    exclusions = Exclusions.read(repository.root / EXCLUSIONS)
    addresses = platform.addresses
    verdicts = []
    for service, plan in trials:
        contract = repository.package(service) / "openapi.json"
        verdict = try_service(
            service, contract, addresses[service], plan, shop=shop, exclusions=exclusions
        )
        verdicts.append(verdict)
        done(verdict)
    audit = asyncio.run(audit_when_settled(platform))
    self_checks = {service: self_check_of(addresses[service]) for service in addresses}
    return Run(verdicts, self_checks, audit, exclusions)
