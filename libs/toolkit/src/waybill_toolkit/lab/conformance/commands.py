"""`waybill conformance`, `waybill fuzz`."""

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from waybill_toolkit.contracts.generate.repository import Repository
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.explained import explained

app = typer.Typer()

SEED = 1
EXAMPLES = 60

Service = Annotated[
    list[str] | None, typer.Argument(help="Services to try.", show_default="all of them")
]


if TYPE_CHECKING:
    from waybill_toolkit.lab.conformance.run import Run


@app.command()
def conformance(
    services: Service = None,
    *,
    seed: Annotated[int, typer.Option(help="Equal seeds send equal requests.")] = SEED,
    examples: Annotated[
        int, typer.Option(min=1, help="Random cases for each operation and phase, at most.")
    ] = EXAMPLES,
    at_least: Annotated[int, typer.Option(help="Fail when there were fewer cases.")] = 0,
) -> None:
    """Put every service, running, to its contract with Schemathesis. Exit status 1 on a failure.

    It starts a platform of its own, so nothing that runs is touched.
    """
    console = Console(soft_wrap=True)
    run = _try_services(console, services, seed, examples, None)
    ok = run.is_ok
    for each in run.exclusions.unused() if services is None else ():
        console.print(f"No {' or '.join(each.problems)} had to be excluded: remove it.")
        ok = False
    if run.cases < at_least:
        console.print(f"{run.cases} cases are fewer than {at_least}: raise --examples.")
        ok = False
    raise typer.Exit(0 if ok else 1)


@app.command()
def fuzz(
    services: Service = None,
    *,
    seed: Annotated[
        int | None, typer.Option(help="Of a run to repeat.", show_default="random")
    ] = None,
    seconds: Annotated[int, typer.Option(min=1, help="How long for each service.")] = 300,
    examples: Annotated[
        int, typer.Option(min=1, help="Random cases for each operation in one round, at most.")
    ] = 200,
) -> None:
    """Do the same for long, each time with other requests; prints the seed to repeat it."""
    console = Console(soft_wrap=True)
    chosen = random.SystemRandom().randrange(2**32) if seed is None else seed
    console.print(f"Seed {chosen}: `make fuzz ARGS='--seed {chosen}'` sends the same again.")
    run = _try_services(console, services, chosen, examples, seconds)
    raise typer.Exit(0 if run.is_ok else 1)


def _try_services(
    console: Console, services: list[str] | None, seed: int, examples: int, seconds: int | None
) -> "Run":
    with explained():
        try:
            # Takes seconds, needs what only developers have, and serves these commands alone.
            from waybill_toolkit.lab.conformance.session import try_services  # noqa: PLC0415
        except ModuleNotFoundError as error:
            message = f"{error.name} is not installed; `make .venv/ready` brings it."
            raise PlatformError(message) from error
        try:
            repository = Repository.around(Path.cwd())
        except FileNotFoundError as error:
            raise PlatformError(f"{error}; change into the repository.") from error
        return try_services(
            console, repository, services, seed=seed, examples=examples, seconds=seconds
        )
