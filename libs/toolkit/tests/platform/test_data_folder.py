"""A data folder is used only if it is Waybill's, of this version, and not in use."""

import json
import os
from pathlib import Path

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import AlreadyRunningError, DataFolderError


def test_missing_folder_is_created(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data")
    folder.make()
    folder.refuse_other_version()
    assert folder.path.stat().st_mode & 0o066 == 0


def test_folder_with_foreign_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(DataFolderError, match="is not empty and Waybill did not make it"):
        DataFolder(tmp_path).make()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_folder_is_taken_when_only_generator_linters_and_docs_have_used_it(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    Repository(tmp_path).stale({})
    data = tmp_path / ".waybill"
    assert [path.name for path in data.iterdir()] == ["cache"]
    for name in ("node", "docs"):
        (data / name).mkdir()

    DataFolder(data).make()


def test_file_is_refused_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(DataFolderError, match="is not a folder"):
        DataFolder(tmp_path / "data").make()


@pytest.mark.parametrize("made_by", [{"layout": 0, "postgres": 18}, {"layout": 1, "postgres": 17}])
def test_folder_is_refused_when_another_version_made_it(
    tmp_path: Path, made_by: dict[str, int]
) -> None:
    (tmp_path / "waybill.json").write_text(json.dumps(made_by))
    with pytest.raises(DataFolderError, match=r"another version .* --fresh"):
        DataFolder(tmp_path).refuse_other_version()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"layout": "one"}'])
def test_folder_is_refused_when_its_marker_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "waybill.json").write_text(text)
    with pytest.raises(DataFolderError, match="cannot be read"):
        DataFolder(tmp_path).refuse_other_version()


def test_lock_is_refused_when_it_is_held(tmp_path: Path) -> None:
    held = DataFolder(tmp_path).lock()
    with pytest.raises(AlreadyRunningError, match="waybill down"):
        DataFolder(tmp_path).lock()
    os.close(held)
    os.close(DataFolder(tmp_path).lock())


def test_wipe_deletes_only_files_of_waybill(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.make()
    folder.logs.mkdir()
    folder.log("pear").touch()
    (tmp_path / "secrets").symlink_to("/etc")
    (tmp_path / "thesis.txt").touch()
    folder.wipe()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt", "waybill.json"]
    assert Path("/etc/passwd").exists()
