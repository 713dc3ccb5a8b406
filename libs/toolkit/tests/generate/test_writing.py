"""Files are written atomically; when writing fails, nothing is changed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.generate.writing import stale, write
from waybill_toolkit.contracts.repository import Repository

OLD = {"a.py": "old a", "b.py": "old b", "c.py": "old c"}
NEW = {"a.py": "new a", "b.py": "new b", "d.py": "new d"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "services/shop/contract"
    write(_in(folder, OLD))
    return folder


def _in(folder: Path, texts: dict[str, str]) -> dict[Path, str]:
    return {folder / name: text for name, text in texts.items()}


def _there(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_stale_files_are_updated(folder: Path) -> None:
    changed = write(_in(folder, NEW))

    assert sorted(path.name for path in changed) == ["a.py", "b.py", "c.py", "d.py"]
    assert _there(folder) == NEW
    assert write(_in(folder, NEW)) == []


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_killed_run_leaves_complete_files_and_the_next_run_writes_the_rest(
    folder: Path, moment: int
) -> None:
    child = os.fork()
    if child == 0:
        _die_at(moment)
        write(_in(folder, NEW))
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 9
    left = _there(folder)
    assert all(left[name] in (OLD.get(name), NEW.get(name)) for name in left if name[0] != ".")
    assert list(stale(_in(folder, NEW)))
    write(_in(folder, NEW))
    assert _there(folder) == NEW


def _die_at(moment: int) -> None:
    """Exit this process before it moves its nth file into place."""
    replace, done = Path.replace, [0]

    def counted(self: Path, target: Path) -> Path:
        done[0] += 1
        if done[0] == moment:
            os._exit(9)
        return replace(self, target)

    Path.replace = counted  # type: ignore[method-assign,assignment]  # in the child alone


def _folder_for_file(root: Path) -> None:
    (root / "services/shop/src/shop/contract/problems.py").mkdir(parents=True)


def _file_for_folder(root: Path) -> None:
    (root / "services/shop/src/shop").mkdir(parents=True)
    (root / "services/shop/src/shop/contract").write_text("mine")


def _file_for_services(root: Path) -> None:
    (root / "services").write_text("mine")


def _broken_link(root: Path) -> None:
    (root / "services").symlink_to("gone/further")


@pytest.mark.parametrize(
    "spoil", [_folder_for_file, _file_for_folder, _file_for_services, _broken_link]
)
def test_unwritable_tree_is_unchanged_and_reported(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    spoil(repository.root)
    monkeypatch.chdir(repository.root)
    before = _tree(repository.root)

    result = CliRunner().invoke(build(), ["generate"])

    assert result.exit_code == 1
    assert result.output.startswith("services")
    assert result.output.endswith("; nothing was changed.\n")
    assert len(result.output.splitlines()) == 1
    assert _tree(repository.root) == before


def test_a_full_disk_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes, done = Path.write_bytes, [0]

    def until_full(self: Path, data: bytes) -> int:
        done[0] += 1
        if done[0] == 2:
            write_bytes(self, data[:1])
            raise OSError(28, "No space left on device", str(self))
        return write_bytes(self, data)

    monkeypatch.setattr(Path, "write_bytes", until_full)
    with pytest.raises(OSError, match="No space left"):
        write(_in(folder, NEW))

    assert _there(folder) == OLD


def _tree(root: Path) -> set[tuple[str, bytes]]:
    return {
        (str(path), path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
        if ".waybill" not in path.parts
    }
