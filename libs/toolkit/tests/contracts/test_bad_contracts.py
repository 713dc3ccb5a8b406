"""Every fault of a contract is reported with file, line and a fix; exit status 1, no output."""

import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.problems import read_registry
from waybill_toolkit.contracts.generate.service import open_documents
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.contract_edits import SCHEMAS, put, rewrite

from .bad_contracts import API, BAD, EVENTS, MORE, Bad

GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.org")


@pytest.fixture
def inside(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    (repository.root / "services" / "shop").mkdir(parents=True)
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "State"]):
        subprocess.run([*GIT, *arguments], cwd=repository.root, check=True)
    monkeypatch.chdir(repository.root)
    return repository


@pytest.mark.parametrize(
    "command", ["generate", "contracts lint --without-node", "contracts diff HEAD"]
)
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_it_is_reported_with_its_place_and_a_fix_and_nothing_is_written(
    inside: Repository, bad: Bad, command: str
) -> None:
    _is_reported(inside, bad, command)


@pytest.mark.parametrize("bad", MORE, ids=str)
def test_unreasonable_documents_are_refused(inside: Repository, bad: Bad) -> None:
    _is_reported(inside, bad, "generate shop")


def _is_reported(inside: Repository, bad: Bad, command: str) -> None:
    path = inside.root / "contracts" / bad.file
    text = path.read_text(encoding="utf-8")
    assert bad.old is None or bad.old in text
    spoilt = bad.new if bad.old is None else text.replace(bad.old, bad.new, 1)
    path.write_bytes(_bytes(spoilt))
    before = _files(inside.root)

    result = CliRunner().invoke(build(), command.split())

    assert result.exit_code == 1, result.output
    reported = next(line for line in result.output.splitlines() if bad.to_do in line)
    file, line, _ = reported.split(":", 2)
    assert file == f"contracts/{bad.file}"
    lines = path.read_bytes().decode("utf-8", "replace").splitlines() or [""]
    assert bad.at in lines[int(line) - 1]
    assert _files(inside.root) == before


def test_a_circle_over_two_files_is_reported(inside: Repository) -> None:
    _refer_to_each_other(inside.root / "contracts")

    result = CliRunner().invoke(build(), ["generate", "shop"])

    assert result.exit_code == 1
    assert "$ref is circular; end it at a value." in result.output


def _refer_to_each_other(contracts: Path) -> None:
    for service, other in (("shop", "mail"), ("mail", "shop")):
        circle = {"$ref": f"../{other}/openapi.yaml#/components/schemas/State"}
        rewrite(contracts / service / "openapi.yaml", put(circle, *SCHEMAS, "State"))


@pytest.mark.parametrize(
    ("document", "spoil"),
    [
        (API, lambda path: path.mkdir()),
        (EVENTS, lambda path: path.mkdir()),
        (EVENTS, lambda path: path.symlink_to(path.name)),
        (EVENTS, lambda path: path.symlink_to("gone.yaml")),
        (EVENTS, lambda _: None),
        ("shared/problems.yaml", lambda path: path.mkdir()),
    ],
    ids=["folder", "events folder", "link to itself", "link to nothing", "gone", "registry"],
)
def test_a_file_that_is_none_is_reported(
    inside: Repository, document: str, spoil: Callable[[Path], None]
) -> None:
    path = inside.root / "contracts" / document
    path.unlink()
    spoil(path)

    result = CliRunner().invoke(build(), ["generate", "shop"])

    assert result.exit_code != 0
    assert not list((inside.root / "services" / "shop").iterdir())
    if path.parent.name == "shop":
        assert result.output == f"contracts/{document}:1: there is no such file; write it.\n"


@pytest.mark.parametrize("name", ["my-shop", "class", "json", "waybill"])
def test_a_service_that_could_be_no_package_is_reported(inside: Repository, name: str) -> None:
    (inside.root / "contracts" / "shop").rename(inside.root / "contracts" / name)

    result = CliRunner().invoke(build(), ["generate", name])

    assert result.exit_code == 1
    assert result.output.startswith(f"contracts/{name}/openapi.yaml:1: the folder's name: ")


def _bytes(text: str) -> bytes:
    errors = "surrogateescape" if "\udcff" in text else "surrogatepass"
    return text.encode("utf-8", errors)


def _files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "document", [API, EVENTS, "shared/components.yaml", "shared/problems.yaml"]
)
def test_values_of_a_wrong_type_never_cause_a_traceback(
    repository: Repository, document: str
) -> None:
    """Twelve places of each document, each with something that does not belong there."""
    path = repository.root / "contracts" / document
    text = path.read_text(encoding="utf-8")
    places = sorted(_places(Library().open(path).value, ()))
    chosen = random.Random(document)  # noqa: S311 - the same ones each time
    for place in chosen.sample(places, 12):
        wrong = chosen.choice([None, "x", 1, [], ["x"], {"x": 1}])
        rewrite(path, put({"not": "this"}, *place))
        rewrite(path, put(wrong, *place))
        _read(repository)
        path.write_text(text, encoding="utf-8")


def _read(repository: Repository) -> None:
    library, faults, contracts = Library(), Faults(), repository.root / "contracts"
    try:
        registry = read_registry(library.open(contracts / "shared" / "problems.yaml"), faults)
        open_documents(library, contracts / "shop").read(registry)
    except ContractError:
        return


def _places(value: Any, above: tuple[str, ...]) -> list[tuple[str, ...]]:
    below = value.items() if isinstance(value, dict) else []
    if isinstance(value, list):
        below = [(str(index), item) for index, item in enumerate(value)]
    found = [above] if above else []
    for key, item in below:
        found += _places(item, (*above, key))
    return found
