"""`waybill conformance`, `waybill fuzz`."""

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.platform.errors import PlatformError

app = typer.Typer()

SEED = 1
EXAMPLES = 60
PEOPLE_SECONDS = 12

Service = Annotated[
    list[str] | None, typer.Argument(help="Services to test.", show_default="all services")
]


if TYPE_CHECKING:
    from waybill_toolkit.lab.conformance.run import Run


@app.command()
def conformance(
    services: Service = None,
    *,
    seed: Annotated[int, typer.Option(help="The same seed sends the same requests.")] = SEED,
    examples: Annotated[
        int,
        typer.Option(min=1, help="Maximum number of random cases for each operation and phase."),
    ] = EXAMPLES,
    at_least: Annotated[int, typer.Option(help="Fail with fewer cases.")] = 0,
    people: Annotated[
        bool, typer.Option("--people", help="Test with the token of each demo principal.")
    ] = False,
    seconds: Annotated[
        int, typer.Option(min=1, help="With --people: seconds for each service and principal.")
    ] = PEOPLE_SECONDS,
) -> None:
    """Test every running service against its contract. The exit status is 1 after a failure.

    With `--people`, valid requests are sent with the token of each demo principal. None may be
    answered with 5xx, or with anything that belongs to somebody else.

    The command starts a platform of its own; a running one is not affected.
    """
    console = Console(soft_wrap=True)
    if people:
        run = _try_people(console, services, seed, examples, seconds)
        raise typer.Exit(0 if run.is_ok else 1)
    run = _try_services(console, services, seed, examples, None)
    ok = run.is_ok
    for each in run.exclusions.unused() if services is None else ():
        console.print(f"The exclusion of {' or '.join(each.problems)} was not used: remove it.")
        ok = False
    if run.cases < at_least:
        console.print(f"{run.cases} cases are fewer than {at_least}: increase --examples.")
        ok = False
    raise typer.Exit(0 if ok else 1)


@app.command()
def fuzz(
    services: Service = None,
    *,
    seed: Annotated[
        int | None, typer.Option(help="The seed of a run to repeat.", show_default="random")
    ] = None,
    seconds: Annotated[int, typer.Option(min=1, help="Seconds for each service.")] = 300,
    examples: Annotated[
        int,
        typer.Option(min=1, help="Maximum number of random cases for each operation in a round."),
    ] = 200,
) -> None:
    """Test for a longer time with random requests; prints the seed to repeat the run."""
    console = Console(soft_wrap=True)
    chosen = random.SystemRandom().randrange(2**32) if seed is None else seed
    console.print(f"Seed {chosen}: `make fuzz ARGS='--seed {chosen}'` repeats this run.")
    run = _try_services(console, services, chosen, examples, seconds)
    raise typer.Exit(0 if run.is_ok else 1)


def _try_services(
    console: Console, services: list[str] | None, seed: int, examples: int, seconds: int | None
) -> "Run":
    with explained():
        run: Run = _session().try_services(
            console, _repository(), services, seed=seed, examples=examples, seconds=seconds
        )
    return run


def _try_people(
    console: Console, services: list[str] | None, seed: int, examples: int, seconds: int
) -> "Run":
    with explained():
        run: Run = _session().try_people(
            console, _repository(), services, seed=seed, examples=examples, seconds=seconds
        )
    return run


def _session() -> Any:  # noqa: ANN401 (a module)
    """Import the part that needs development packages. Raises PlatformError."""
    try:
        # Imported here: the import takes seconds.
        from waybill_toolkit.lab.conformance import session  # noqa: PLC0415 (only when needed)
    except ModuleNotFoundError as error:
        message = f"{error.name} is not installed; `make .venv/ready` installs it."
        raise PlatformError(message) from error
    return session


def _repository() -> Repository:
    """Find the repository around the current folder. Raises PlatformError."""
    try:
        return Repository.around(Path.cwd())
    except FileNotFoundError as error:
        raise PlatformError(f"{error}; change into the repository.") from error
