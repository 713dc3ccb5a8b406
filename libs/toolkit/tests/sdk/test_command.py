"""`waybill sdk LANGUAGE -o DIR`: its output and its errors."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk import commands
from waybill_toolkit.contracts.sdk.contract import PublicContract, UnsupportedContractError
from waybill_toolkit.contracts.sdk.options import PackageOptions


@pytest.fixture(autouse=True)
def _in_the_tree(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.root / "contracts")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def sdk(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(build(), ["sdk", *map(str, arguments)])
    return result.exit_code, result.output


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_bytes_come_each_time(out: Path, tmp_path: Path) -> None:
    assert sdk("python", "-o", out)[0] == 0
    assert sdk("python", "-o", tmp_path / "again")[0] == 0

    assert contents(out) == contents(tmp_path / "again")


def test_a_new_service_is_in_it_because_its_contract_is_there(
    out: Path, repository: Repository
) -> None:
    mail, points = (repository.root / "contracts" / name for name in ("mail", "points"))
    for path in filter(Path.is_file, mail.rglob("*")):
        copy = points / str(path.relative_to(mail)).replace("Letters", "Points")
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text().replace("letters", "points").replace("Letters", "Points")
        copy.write_text(text)

    assert sdk("python", "-o", out)[0] == 0

    api = (out / "src" / "waybill_client" / "api" / "points.py").read_text()
    assert "def list_points(self, *, options: CallOptions = DEFAULTS) -> models.Points:" in api


def test_writing_again_removes_only_obsolete_generated_files(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "write", lambda _, __, folder, ___: write(folder, "a/one", "two"))
    assert sdk("python", "-o", out)[0] == 0
    write(out, "installed")
    monkeypatch.setattr(
        commands, "write", lambda _, __, folder, ___: write(folder, "two", "b/three")
    )

    assert sdk("python", "-o", out)[0] == 0

    assert set(contents(out)) == {"two", "b/three", "installed", ".waybill-sdk.json"}


@pytest.mark.parametrize("mark", [None, "{}", '{"language": "go", "files": []}'])
def test_a_folder_that_holds_something_else_is_refused_and_left_alone(
    out: Path, mark: str | None
) -> None:
    write(out, "thesis.txt")
    if mark:
        (out / ".waybill-sdk.json").write_text(mark)
    before = contents(out)

    code, output = sdk("python", "-o", out)

    assert code == 2
    assert "choose another folder" in output
    assert contents(out) == before


def test_a_file_is_refused(out: Path) -> None:
    out.write_text("")

    assert sdk("python", "-o", out) == (2, f"{out} is not a folder; choose another one.\n")


def test_nothing_is_touched_when_a_package_cannot_be_made(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "write", lambda _, __, folder, ___: write(folder, "one"))
    assert sdk("python", "-o", out)[0] == 0
    before = contents(out)

    def fail(_: str, __: PublicContract, folder: Path, ___: PackageOptions) -> None:
        write(folder, "half")
        raise UnsupportedContractError("one name for two things; rename one.")

    monkeypatch.setattr(commands, "write", fail)

    assert sdk("python", "-o", out) == (1, "python: one name for two things; rename one.\n")
    assert contents(out) == before


def test_an_unknown_language_is_refused_with_those_there_are(out: Path) -> None:
    code, output = sdk("cobol", "-o", out)

    assert code == 2
    assert output.startswith("no SDK for cobol; choose one of ")
    assert "python" in output


def test_a_faulty_contract_is_reported_with_file_and_line(
    out: Path, repository: Repository
) -> None:
    path = repository.root / "contracts" / "shop" / "openapi.yaml"
    path.write_text(path.read_text().replace("      operationId: sell\n", ""))

    code, output = sdk("python", "-o", out)

    assert (code, output.partition(":")[0]) == (1, "contracts/shop/openapi.yaml")
    assert "operationId is missing" in output
    assert not out.exists()


def test_it_is_refused_outside_of_a_tree(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    code, output = sdk("python", "-o", out)

    assert code == 2
    assert output.endswith("change into the repository.\n")


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
