"""`waybill contracts lint|diff`."""

from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from waybill_toolkit.command_line.output import AsJson, OutputFile, give
from waybill_toolkit.contracts.diff.announced import read_announced
from waybill_toolkit.contracts.diff.canary import BlindGateError, check_canary
from waybill_toolkit.contracts.diff.judgement import Judgement, judge
from waybill_toolkit.contracts.diff.report import as_json as to_json
from waybill_toolkit.contracts.diff.report import as_text
from waybill_toolkit.contracts.diff.revision import Revision, RevisionError, checked_out
from waybill_toolkit.contracts.diff.state import State
from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.problems import read_registry
from waybill_toolkit.contracts.generate.schemas import SHARED
from waybill_toolkit.contracts.generate.service import open_documents
from waybill_toolkit.contracts.lint import run
from waybill_toolkit.contracts.node.program import NodeUnavailableError
from waybill_toolkit.contracts.repository import Repository

PROBLEMS: Final = Path("contracts", SHARED, "problems.yaml")

app = typer.Typer()
contracts = typer.Typer(help="Check the contracts, and what changes in them.", no_args_is_help=True)
app.add_typer(contracts, name="contracts")

WithoutNode = Annotated[
    bool,
    typer.Option("--without-node", help="Leave out Redocly and the AsyncAPI parser."),
]


@contracts.command()
def lint(*, without_node: WithoutNode = False) -> None:
    """Check all contracts. Each message has file, line and rule. The exit status is 1 on findings.

    Redocly and the AsyncAPI parser run on Node.js. They are downloaded once, to .waybill/node.
    """
    repository = _repository()
    home = None if without_node else repository.root / ".waybill" / "node"
    try:
        faults = run.lint(repository, home)
    except NodeUnavailableError as error:
        typer.echo(f"{error}\nTo check the rest: waybill contracts lint --without-node", err=True)
        raise typer.Exit(1) from None
    for fault in faults:
        path = str(fault.path).removeprefix(f"{repository.root}/")
        typer.echo(f"{path}:{fault.line}: [{fault.rule}] {fault.message}", err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"The contracts of {len(repository.services)} services are in order.")


@contracts.command()
def diff(
    base: Annotated[str, typer.Argument(help="A git revision, such as main or v1.2.0.")],
    *,
    as_json: AsJson = False,
    output: OutputFile = None,
) -> None:
    """Show what has changed since BASE, and which clients and services it breaks.

    The exit status is 1 for breaking changes without a new version. Below version 1.0 a breaking
    change needs a line in contracts/breaking-changes.yaml instead.
    """
    repository = _repository()
    try:
        check_canary()
        _read_all(repository)
        with checked_out(repository.root, base) as revision:
            judgement = _judge(revision, repository)
            document = to_json(judgement, revision, repository.root)
            give(document, as_json=as_json, output=output)
            if not as_json:
                for line in as_text(judgement, revision, repository.root):
                    typer.echo(line)
    except RevisionError as error:
        _refuse(f"{base}: {error}")
    except BlindGateError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except ContractError as error:
        _tell(error, repository)
    if not judgement.allowed:
        raise typer.Exit(1)


def _judge(revision: Revision, repository: Repository) -> Judgement:
    try:
        return judge(revision.contracts, repository.root / "contracts")
    except ContractError as error:
        for fault in error.faults:
            there = f"{revision.contracts.parent}/"
            typer.echo(str(fault).replace(there, f"{revision.name}:", 1), err=True)
        raise typer.Exit(1) from None


def _read_all(repository: Repository) -> None:
    """Check that the current contracts are readable. Raises ContractError with all faults."""
    library, faults = Library(), Faults()
    registry = read_registry(library.open(repository.root / PROBLEMS), faults)
    for service in repository.services:
        try:
            open_documents(library, repository.root / "contracts" / service).read(registry)
        except ContractError as error:
            faults.add_all(error)
    faults.stop_if_any()
    contracts = repository.root / "contracts"
    read_announced(contracts, State(contracts).documents())


def _repository() -> Repository:
    try:
        return Repository.around(Path.cwd())
    except FileNotFoundError as error:
        _refuse(f"{error}; change into the repository.")


def _tell(error: ContractError, repository: Repository) -> NoReturn:
    for fault in error.faults:
        typer.echo(str(fault).removeprefix(f"{repository.root}/"), err=True)
    raise typer.Exit(1) from None


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
