"""An unchanged run generates nothing, every change is detected, and a damaged cache is ignored."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from waybill_toolkit.contracts import cache
from waybill_toolkit.contracts.cache import Cache, sum_of_inputs
from waybill_toolkit.contracts.repository import Repository

COMMAND = [sys.executable, "-c", "from waybill_toolkit.cli import main; main()", "generate"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A tree with generated and cached packages."""
    root = tmp_path_factory.mktemp("made")
    shutil.copytree(Path(__file__).with_name("contracts"), root / "contracts")
    tree = Repository(root)
    tree.write(tree.generate(tree.packages))
    return tree


@pytest.fixture
def tree(made: Repository, tmp_path: Path) -> Repository:
    """A copy of it, to be changed."""
    shutil.copytree(made.root, tmp_path / "tree")
    return Repository(tmp_path / "tree")


@pytest.fixture
def generated(tree: Repository, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The packages that each run generated; initially empty."""
    runs: list[list[str]] = []

    def make(_: Repository, packages: list[str]) -> dict[str, dict[str, str]]:
        runs.append(packages)
        return {package: {} for package in packages}

    monkeypatch.setattr(Repository, "_make", make)
    return runs


def test_nothing_is_generated_when_nothing_changed(
    tree: Repository, generated: list[list[str]]
) -> None:
    assert tree.stale(tree.generate(tree.packages)) == []
    assert generated == []


def _edit(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).write_text((root / name).read_text() + "\n", encoding="utf-8")


CONTRACT_EDITS = {
    "API": _edit("contracts/shop/openapi.yaml"),
    "events": _edit("contracts/shop/asyncapi.yaml"),
    "events of another": _edit("contracts/stock/asyncapi.yaml"),
    "shared": _edit("contracts/shared/components.yaml"),
    "problems": _edit("contracts/shared/problems.yaml"),
    "document further down": lambda root: (
        (root / "contracts/shop/parts").mkdir()
        or (root / "contracts/shop/parts/more.yml").write_text("a: 1")
    ),
}


@pytest.mark.parametrize("edit", CONTRACT_EDITS.values(), ids=CONTRACT_EDITS)
def test_edited_contract_is_detected(
    tree: Repository, generated: list[list[str]], edit: Callable[[Path], object]
) -> None:
    edit(tree.root)

    tree.generate(tree.packages)

    assert generated == [["shop"]]


@pytest.mark.parametrize(
    "file",
    [
        "generate/render.py",
        "generate/templates/api.py.jinja",
        "generate/asyncapi.schema.json",
        "generate/new.py",
        "reference/pages.py",
        "reference/templates/reference.html.jinja",
        "repository.py",
    ],
)
def test_edited_generator_is_detected(
    tree: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    copy = shutil.copytree(cache.GENERATOR, tmp_path / "generator")
    monkeypatch.setattr(cache, "GENERATOR", copy)
    before = sum_of_inputs(tree.root / "contracts")

    with (copy / file).open("a", encoding="utf-8") as source:
        source.write("\n")

    assert sum_of_inputs(tree.root / "contracts") != before


def test_other_version_of_a_library_is_detected(
    tree: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "ruff-1.0.0.dist-info"
    metadata.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    before = sum_of_inputs(tree.root / "contracts")

    metadata.rename(tmp_path / "ruff-1.0.1.dist-info")

    assert sum_of_inputs(tree.root / "contracts") != before


def test_all_generator_code_is_in_the_checksum(tree: Repository) -> None:
    shutil.rmtree(tree.root / ".waybill")
    program = (
        "import sys; from waybill_toolkit.cli import build;"
        "build()(['generate'], standalone_mode=False);"
        "print(*(module.__file__ for name, module in sys.modules.items()"
        " if name.split('.')[0].startswith('waybill')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tree.root, check=True, capture_output=True, text=True
    )

    used = {Path(each) for each in done.stdout.split()}
    summed = {path for pattern in cache.SOURCES for path in cache.GENERATOR.glob(pattern)}
    outside = {path.name for path in used - summed}
    assert outside == {"__init__.py", "cli.py", "lazy_group.py", "overview.py"}
    assert not (cache.GENERATOR / "__init__.py").read_text().partition('"""\n')[2]


@pytest.mark.parametrize("file", ["api.py", "openapi.json"])
def test_edited_output_is_detected_and_restored(
    tree: Repository, generated: list[list[str]], file: str
) -> None:
    path = tree.package("shop") / file
    text = path.read_bytes()
    path.write_bytes(text + b"\n")
    files = tree.generate(tree.packages)

    assert tree.stale(files) == [path]
    assert tree.write(files) == [path]
    assert path.read_bytes() == text
    assert generated == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}", b"[]", b'{"key": 1}', b"\xff\xfe", "half", "a byte", "of another"],
    ids=str,
)
def test_a_corrupted_cache_is_as_good_as_none(
    tree: Repository, generated: list[list[str]], content: bytes | str
) -> None:
    kept = tree.root / ".waybill/cache/generate/shop"
    whole = kept.read_bytes()
    match content:
        case "half":
            kept.write_bytes(whole[: len(whole) // 2])
        case "a byte":
            kept.write_bytes(whole.replace(b"class Sell", b"class Sold", 1))
        case "of another":
            key = sum_of_inputs(tree.root / "contracts")
            Cache(kept.parent, f"not {key}").put("shop", {"api.py": "wrong"})
        case bytes():
            kept.write_bytes(content)
        case _:
            raise AssertionError(content)

    tree.generate(tree.packages)

    assert generated == [["shop"]]


@pytest.mark.parametrize("there", ["a file", "a folder in place of the file"])
def test_unwritable_cache_is_ignored(
    tree: Repository, generated: list[list[str]], there: str
) -> None:
    shutil.rmtree(tree.root / ".waybill")
    if there == "a file":
        (tree.root / ".waybill").touch()
    else:
        (tree.root / ".waybill/cache/generate/shop").mkdir(parents=True)

    assert tree.code(["shop"]) == {}
    assert tree.write({}) == []


LOOK = (
    "import sys; from waybill_toolkit.cli import main; sys.argv[1:] = ['generate', '--check'];"
    " main(); print(sorted({'typer', 'yaml', 'pydantic'} & sys.modules.keys()))"
)


def test_an_unchanged_run_imports_nothing_that_takes_long(tree: Repository) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=tree.root, capture_output=True, text=True, check=True
    )

    assert run.stdout == "[]\n"


@pytest.mark.parametrize("edit", ["output", "contract", "strange file", "package without contract"])
def test_the_command_itself_sees_a_change(tree: Repository, edit: str) -> None:
    match edit:
        case "output":
            _edit("services/shop/src/shop/contract/api.py")(tree.root)
        case "contract":
            api = tree.root / "contracts/shop/openapi.yaml"
            api.write_text(api.read_text().replace("Sell something", "Sell anything"))
        case "strange file":
            (tree.package("shop") / "more.py").touch()
        case _:
            (tree.root / "services/gone/src/gone/contract").mkdir(parents=True)

    run = subprocess.run([*COMMAND, "--check"], cwd=tree.root, capture_output=True, check=False)

    assert run.returncode == 1
    assert run.stdout + run.stderr


def test_two_runs_at_once_do_no_harm(tree: Repository) -> None:
    whole = _files(tree.package("shop"))
    shutil.rmtree(tree.root / ".waybill")
    shutil.rmtree(tree.root / "services")

    runs = [subprocess.Popen(COMMAND, cwd=tree.root, stdout=subprocess.PIPE) for _ in range(2)]

    wrote = [run.communicate()[0].count(b"wrote") for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum(wrote) == len(whole)  # what the one has written, the other finds in order
    assert _files(tree.package("shop")) == whole
    assert set(_files(tree.root / ".waybill/cache/generate")) == {"shop"}


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}
