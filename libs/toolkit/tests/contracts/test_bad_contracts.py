"""Whatever is wrong with a contract: file, line, what to do, exit status 1, nothing written."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from typing_extensions import override

from waybill_toolkit.cli import build
from waybill_toolkit.contract_edits import put, rewrite
from waybill_toolkit.generate.documents import Library
from waybill_toolkit.generate.faults import ContractError, Faults
from waybill_toolkit.generate.problems import read_registry
from waybill_toolkit.generate.repository import Repository
from waybill_toolkit.generate.service import open_documents

API = "shop/openapi.yaml"
EVENTS = "shop/asyncapi.yaml"
DOCUMENTS = (API, EVENTS, "shared/components.yaml", "shared/problems.yaml")


@dataclass(frozen=True)
class Bad:
    """A fault, the text in whose line it is told, and what is said to do about it."""

    name: str
    file: str
    old: str
    new: str
    at: str
    to_do: str

    @override
    def __str__(self) -> str:
        return self.name


BAD = [
    Bad("no YAML", API, "paths:", "paths: {", "post:", "put it right here or just above"),
    Bad("no text", API, "Something sold", "Something \ud83d", "openapi", "write it as UTF-8"),
    Bad(
        "key twice",
        API,
        "      summary: Sell",
        "      summary: A\n      summary: Sell",
        "summary: Sell",
        "remove one",
    ),
    Bad(
        "broken reference",
        API,
        "schemas/Sell'",
        "schemas/Gone'",
        "Gone",
        "correct the name or add it",
    ),
    Bad(
        "reference to no file",
        API,
        "../shared/components.yaml#/components/parameters",
        "../gone.yaml#/x",
        "gone.yaml",
        "correct the path or write it",
    ),
    Bad(
        "no identifier",
        API,
        "operationId: sell",
        "operationId: sell-it",
        "sell-it",
        "write one, like place_order",
    ),
    Bad("keyword", API, "operationId: sell", "operationId: yield", "yield", "choose another name"),
    Bad(
        "two of one id",
        API,
        "operationId: get_sale",
        "operationId: sell",
        "operationId: sell",
        "rename one of them",
    ),
    Bad("no id", API, "      operationId: sell\n", "", "post:", "name it in snake_case"),
    Bad(
        "event without a key",
        EVENTS,
        "      x-key: sale_id\n",
        "",
        "sold:",
        "name the required field of the payload",
    ),
    Bad(
        "key that is no field",
        EVENTS,
        "x-key: sale_id",
        "x-key: sale",
        "x-key: sale",
        "name one, or require it",
    ),
    Bad(
        "nothing under a name",
        API,
        "      responses:\n        '201':",
        "      responses:\n      x-y:\n        '201':",
        "responses:",
        "correct it",
    ),
]


@pytest.fixture
def inside(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    (repository.root / "services" / "shop").mkdir(parents=True)
    monkeypatch.chdir(repository.root)
    return repository


@pytest.mark.parametrize("command", ["generate", "contracts lint --without-node"])
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_it_is_told_where_and_what_to_do_and_nothing_is_written(
    inside: Repository, bad: Bad, command: str
) -> None:
    path = inside.root / "contracts" / bad.file
    text = path.read_text(encoding="utf-8")
    assert bad.old in text
    path.write_bytes(text.replace(bad.old, bad.new, 1).encode("utf-8", "surrogatepass"))
    before = _files(inside.root)

    result = CliRunner().invoke(build(), command.split())

    assert result.exit_code == 1, result.output
    told = next(line for line in result.output.splitlines() if bad.to_do in line)
    file, line, _ = told.split(":", 2)
    assert file == f"contracts/{bad.file}"
    assert bad.at in path.read_bytes().decode("utf-8", "replace").splitlines()[int(line) - 1]
    assert _files(inside.root) == before


def _files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "document", [API, EVENTS, "shared/components.yaml", "shared/problems.yaml"]
)
def test_nothing_of_a_wrong_kind_is_met_by_a_traceback(
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
