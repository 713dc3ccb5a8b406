"""Whatever is wrong with a contract: file, line, what to do, exit status 1, nothing written."""

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from typing_extensions import override

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.problems import read_registry
from waybill_toolkit.contracts.generate.repository import Repository
from waybill_toolkit.contracts.generate.service import open_documents
from waybill_toolkit.testing.contract_edits import SCHEMAS, put, rewrite

API = "shop/openapi.yaml"
EVENTS = "shop/asyncapi.yaml"
DOCUMENTS = (API, EVENTS, "shared/components.yaml", "shared/problems.yaml")


STATE = "State: {type: string, enum: [open, closed]}"
OF = "{$ref: '#/components/schemas"
GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.org")


@dataclass(frozen=True)
class Bad:
    """A fault, the text in whose line it is told, and what is said to do about it.

    Without an old text, the new one is all of the file. Its surrogates stand for bytes.
    """

    name: str
    file: str
    old: str | None
    new: str
    at: str
    to_do: str

    @override
    def __str__(self) -> str:
        return self.name


BAD = [
    Bad("no YAML", API, "paths:", "paths: {", "post:", "put it right here or just above"),
    Bad("no text", API, "Something sold", "Something \ud83d", "Something", "write it as UTF-8"),
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


# From here on: what others read otherwise, what takes for ever, what validators cannot place.
MORE = [
    Bad("nothing at all", API, None, "", "", "a document is a mapping"),
    Bad("words only", API, None, "# later\n", "# later", "a document is a mapping"),
    Bad("another encoding", API, "Something sold", "Something \udcff", "Something", "as UTF-8"),
    Bad("control character", API, "Something sold", "Something \0", "Something", "remove it"),
    Bad("tab", API, "      summary: Sell", "\tsummary: Sell", "summary", "put it right here"),
    Bad("two documents", API, "components:", "---\ncomponents:", "---", "put it right here"),
    Bad("too large", API, "paths:", "# " + "x" * 5_000_000 + "\npaths:", "openapi", "split it"),
    Bad("too deep", API, "paths:", f"x-y: {'[' * 100_000}\npaths:", "x-y", "make it flatter"),
    Bad("tag", API, "summary: Sell", "summary: !!python/name:os.system Sell", "!!", "without"),
    Bad("merge key", API, "paths:", "x-y: {<<: {a: 1}}\npaths:", "x-y", "write it out"),
    Bad("alias in itself", API, "paths:", "x-y: &y {z: *y}\npaths:", "x-y", "write it out"),
    Bad("number that is none", API, "paths:", "x-y: 1e999\npaths:", "x-y", "write a smaller one"),
    Bad(
        "endless number", API, "paths:", f"x-y: {'9' * 5000}\npaths:", "x-y", "write a smaller one"
    ),
    Bad(
        "billions by aliases",
        API,
        "paths:",
        "x-0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9))
        + "paths:",
        "x-0",
        "split it",
    ),
    Bad(
        "reference out of the tree",
        API,
        "../shared/components.yaml#/components/parameters",
        "../../elsewhere.yaml#/components/parameters",
        "elsewhere",
        "move what it means into it",
    ),
    Bad(
        "reference to a folder",
        API,
        "../shared/components.yaml#/components/parameters",
        "../shared#/components/parameters",
        "../shared#",
        "correct the path",
    ),
    Bad(
        "reference to no name of a file",
        API,
        "../shared/components.yaml#/components/parameters",
        f"{'x' * 5000}#/components/parameters",
        "xxx",
        "correct the path",
    ),
    Bad("reference to itself", API, STATE, f"State: {OF}/State'}}", "State:", "end it at a value"),
    Bad(
        "references in a circle",
        API,
        STATE,
        f"State: {OF}/Other'}}\n    Other: {OF}/State'}}",
        "State:",
        "end the circle at a value",
    ),
    Bad(
        "made of itself",
        API,
        STATE,
        f"State: {{anyOf: [{OF}/State'}}, {{type: string}}]}}",
        "State:",
        "end the circle at a value",
    ),
    Bad(
        "path elsewhere",
        API,
        "  /v1/sales/{sale_id}:",
        "  /v1/more: {$ref: '#/components/pathItems/More'}\n  /v1/sales/{sale_id}:",
        "/v1/more",
        "write it here",
    ),
    Bad("half a parameter", API, "{sale_id}:", "{sale_id:", "{sale_id:", "write one like /v1"),
    Bad(
        "one path twice",
        API,
        "components:\n",
        "  /v1/sales/{id}: {}\ncomponents:\n",
        "{id}",
        "put them together",
    ),
    Bad(
        "unserved method",
        API,
        "    get:\n",
        "    head: {}\n    get:\n",
        "head",
        "use one of",
    ),
    Bad("default of another type", API, "default: 50", "default: many", "many", "correct it"),
    Bad(
        "two events of one type",
        EVENTS,
        "name: shop.refunded.v1",
        "name: shop.sold.v1",
        "messages/refunded",
        "rename one of them",
    ),
    Bad("key without a name", EVENTS, "x-key: sale_id", "x-key:", "x-key", "correct it"),
]


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
def test_it_is_told_where_and_what_to_do_and_nothing_is_written(
    inside: Repository, bad: Bad, command: str
) -> None:
    _is_told(inside, bad, command)


@pytest.mark.parametrize("bad", MORE, ids=str)
def test_so_is_what_nobody_should_read(inside: Repository, bad: Bad) -> None:
    _is_told(inside, bad, "generate shop")


def _is_told(inside: Repository, bad: Bad, command: str) -> None:
    path = inside.root / "contracts" / bad.file
    text = path.read_text(encoding="utf-8")
    assert bad.old is None or bad.old in text
    spoilt = bad.new if bad.old is None else text.replace(bad.old, bad.new, 1)
    path.write_bytes(_bytes(spoilt))
    before = _files(inside.root)

    result = CliRunner().invoke(build(), command.split())

    assert result.exit_code == 1, result.output
    told = next(line for line in result.output.splitlines() if bad.to_do in line)
    file, line, _ = told.split(":", 2)
    assert file == f"contracts/{bad.file}"
    lines = path.read_bytes().decode("utf-8", "replace").splitlines() or [""]
    assert bad.at in lines[int(line) - 1]
    assert _files(inside.root) == before


def test_a_circle_over_two_files_is_told(inside: Repository) -> None:
    _refer_to_each_other(inside.root / "contracts")

    result = CliRunner().invoke(build(), ["generate", "shop"])

    assert result.exit_code == 1
    assert "$ref leads in a circle; end it at a value." in result.output


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
def test_a_file_that_is_none_is_told(
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
def test_a_service_that_could_be_no_package_is_told(inside: Repository, name: str) -> None:
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
