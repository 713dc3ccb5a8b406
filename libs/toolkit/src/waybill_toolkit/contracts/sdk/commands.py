"""`waybill sdk`."""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from waybill_toolkit.contracts import sdk as languages
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.node.program import NodeUnavailableError
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.contract import PublicContract, UnsupportedContractError
from waybill_toolkit.contracts.sdk.folder import FolderError, fill
from waybill_toolkit.contracts.sdk.options import URL, OptionError, PackageOptions, check
from waybill_toolkit.contracts.sdk.reading import read_public_contract
from waybill_toolkit.contracts.sdk.shared_files import write_shared_files

app = typer.Typer()

_DEFAULTS: Final = PackageOptions()

Language = Annotated[str, typer.Argument(help="python, typescript, go or java.")]
Out = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="An empty or earlier one.")
]


Name = Annotated[
    str | None, typer.Option(help="The package's name in its registry (Python, TypeScript, Java).")
]
Module = Annotated[
    str | None, typer.Option(help="The name to import it by (Python, Java), or its path (Go).")
]
Group = Annotated[str | None, typer.Option(help="The package's groupId (Java).")]
Url = Annotated[
    str | None, typer.Option(help=f"The project's address in the metadata; default {URL}.")
]


@app.command()
def sdk(
    language: Language,
    output: Out,
    *,
    name: Name = None,
    module: Module = None,
    group: Group = None,
    url: Url = None,
) -> None:
    """Write an installable client package for the public API, generated from contracts/."""
    if language not in (known := known_languages()):
        _refuse(f"no SDK for {language}; choose one of {', '.join(known)}.")
    options = PackageOptions(name, module, group, url)
    try:
        check(language, _package_of(language).NAMES, options)
    except OptionError as error:
        _refuse(str(error))
    try:
        repository = Repository.around(Path.cwd())
    except FileNotFoundError as error:
        _refuse(f"{error}; change into the repository.")
    try:
        contract = read_public_contract(repository)
        count = fill(output, language, lambda folder: write(language, contract, folder, options))
    except FolderError as error:
        _refuse(str(error))
    except (UnsupportedContractError, NodeUnavailableError) as error:
        typer.echo(f"{language}: {error}", err=True)
        raise typer.Exit(1) from None
    except ContractError as error:
        for fault in error.faults:
            typer.echo(str(fault).removeprefix(f"{repository.root}/"), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"wrote {count} files into {output}; see its README")


def known_languages() -> list[str]:
    """Return the languages that have a subpackage."""
    return sorted(each.name for each in pkgutil.iter_modules(languages.__path__) if each.ispkg)


def write(
    language: str,
    contract: PublicContract,
    out: Path,
    options: PackageOptions = _DEFAULTS,
) -> None:
    """Write the package for one language into `out`, an empty folder; it is deterministic.

    `options` have been checked.
    """
    _package_of(language).write(contract, out, options)
    write_shared_files(contract, out)


def _package_of(language: str) -> Any:  # noqa: ANN401 (a module)
    """Import the subpackage of a language, which has `write` and `NAMES`."""
    return import_module(f"{languages.__name__}.{language}")


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
