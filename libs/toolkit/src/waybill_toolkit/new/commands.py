"""`waybill new service`."""

from pathlib import Path
from typing import Annotated

import typer

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new.listings import PROBLEMS, SCOPES, problem_line, scope_lines
from waybill_toolkit.new.names import Names
from waybill_toolkit.new.service import RefusedError, new_service
from waybill_toolkit.platform.plan import PORT_BASE, Plan

app = typer.Typer()
new = typer.Typer(help="Create something new.", no_args_is_help=True)
app.add_typer(new, name="new")


@new.callback()
def _new() -> None:
    """Create something new."""


@new.command()
def service(
    name: Annotated[str, typer.Argument(help="One word, such as loyalty.")],
    *,
    entity: Annotated[
        str, typer.Option(help="The entity that it stores, singular, such as gift_card.")
    ],
    plural: Annotated[
        str | None, typer.Option(help="The plural of the entity, if it is irregular.")
    ] = None,
) -> None:
    """Write a working service: contract, code, migration, tests and its page in docs/.

    It creates entities on request and for each confirmed order, publishes an event for each, and
    passes all checks.
    """
    try:
        repository = Repository.around(Path.cwd())
        names = Names.of(name, entity, plural)
        new_service(repository, names)
    except FileNotFoundError as error:
        _fail(f"{error}; change into the repository.", error)
    except RefusedError as error:
        _fail(str(error), error)
    else:
        _report(repository, names)


def _fail(message: str, cause: Exception) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1) from cause


def _report(repository: Repository, names: Names) -> None:
    name = names.service
    plan = Plan.of(repository.root / ".waybill", repository.root / "services", PORT_BASE)
    [address] = [each.address for each in plan.services if each.name == name]
    typer.echo(f"""\
Wrote contracts/{name}, services/{name} and docs/services/{name}.md, and installed the service.

Review these additions. In {SCOPES}:
{_indented(scope_lines(names))}
In {PROBLEMS}:
{_indented(problem_line(names))}
Next:
    pytest services/{name}
    waybill up      Swagger UI is at {address}/docs""")


def _indented(text: str) -> str:
    return "".join(f"    {line}" for line in text.splitlines(keepends=True))
