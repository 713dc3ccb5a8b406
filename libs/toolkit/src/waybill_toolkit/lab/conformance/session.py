"""A complete run: its platform, the tests, the console output."""

from collections.abc import Iterator, Sequence

from rich.console import Console

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.lab.conformance.closed import closed_platform, guarded_platform
from waybill_toolkit.lab.conformance.people import PRINCIPALS, Viewpoint, log_in
from waybill_toolkit.lab.conformance.report import show_answers, show_run, show_verdict
from waybill_toolkit.lab.conformance.run import Run, try_all
from waybill_toolkit.lab.conformance.shop import open_shop
from waybill_toolkit.lab.conformance.trial import Plan
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.identity import IDENTITY, SHOP
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.token import fetch_token


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
        shop = open_shop(closed.platform.addresses, closed.token)
        trials = [(service, plan) for service in services or known]
        run = try_all(
            repository, closed.platform, shop, trials, lambda each: show_verdict(console, each)
        )
    show_run(console, run)
    return run


def try_people(
    console: Console,
    repository: Repository,
    services: Sequence[str] | None,
    *,
    seed: int,
    examples: int,
    seconds: int,
) -> Run:
    """Test services with the tokens of each demo principal; identity last, where they remove users.

    Raises PlatformError, httpx.HTTPError.
    """
    with guarded_platform(repository) as platform:
        # The gateway limits the requests of a caller; services check the same tokens again.
        known = sorted(set(platform.addresses) - {GATEWAY}, key=lambda name: name == IDENTITY)
        if unknown := sorted(set(services or ()) - set(known)):
            raise PlatformError(f"Unknown service: {', '.join(unknown)}.")
        people = [log_in(platform, name) for name in PRINCIPALS]
        customers = [each.refs["customer_ref"] for each in people if "customer_ref" in each.refs]
        shop = open_shop(platform.addresses, fetch_token(platform, SHOP), customers)

        def trials() -> Iterator[tuple[str, Plan]]:
            for service in services or known:
                for name in PRINCIPALS:
                    person = log_in(platform, name)
                    viewpoint = Viewpoint.of(service, person, people, shop.owners)
                    yield (
                        service,
                        Plan(
                            seed=seed,
                            examples=examples,
                            token=person.token,
                            seconds=seconds,
                            viewpoint=viewpoint,
                        ),
                    )

        run = try_all(
            repository, platform, shop, trials(), lambda each: show_answers(console, each)
        )
    show_run(console, run)
    return run
