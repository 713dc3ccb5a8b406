"""A complete run: its platform, the tests, the console output."""

from collections.abc import Sequence

from rich.console import Console

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.lab.conformance.closed import closed_platform
from waybill_toolkit.lab.conformance.report import show_run, show_verdict
from waybill_toolkit.lab.conformance.run import Run, try_all
from waybill_toolkit.lab.conformance.trial import Plan
from waybill_toolkit.platform.errors import PlatformError


def try_services(
    console: Console,
    repository: Repository,
    services: Sequence[str] | None,
    *,
    seed: int,
    examples: int,
    seconds: int | None = None,
) -> Run:
    """Test these services of a repository, or all. Raises PlatformError, httpx.HTTPError."""
    with closed_platform(repository) as closed:
        known = list(closed.platform.addresses)
        if unknown := sorted(set(services or ()) - set(known)):
            raise PlatformError(f"Unknown service: {', '.join(unknown)}.")
        plan = Plan(seed=seed, examples=examples, token=closed.token, seconds=seconds)
        run = try_all(
            repository, closed, services or known, plan, lambda each: show_verdict(console, each)
        )
    show_run(console, run)
    return run
