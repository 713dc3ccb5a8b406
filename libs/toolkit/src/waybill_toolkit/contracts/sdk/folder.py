"""The output folder of an SDK: missing, empty, or written by an earlier run."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

MARK: Final = ".waybill-sdk.json"
"""Lists the files that we wrote, so that the next run can delete obsolete ones."""


class FolderError(Exception):
    """The folder has other content. The message says what to do."""


def fill(folder: Path, language: str, write: Callable[[Path], None]) -> int:
    """Let `write` fill an empty folder, then update `folder` from it.

    When `write` raises, `folder` is unchanged. Other files in the folder, such as installed
    packages, are kept. Returns the number of files. Raises FolderError.
    """
    old = _ours(folder, language)
    with tempfile.TemporaryDirectory(prefix="waybill-sdk-") as made:
        root = Path(made).resolve()
        write(root)
        new = sorted(
            path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
        )
        for name in new:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
            shutil.copymode(root / name, target)
    for name in sorted(set(old) - set(new)):
        (folder / name).unlink(missing_ok=True)
    mark = {"language": language, "files": new}
    (folder / MARK).write_text(json.dumps(mark, indent=2) + "\n", encoding="utf-8")
    return len(new)


def _ours(folder: Path, language: str) -> list[str]:
    """Return the files that an earlier run wrote."""
    if folder.exists() and not folder.is_dir():
        raise FolderError(f"{folder} is not a folder; choose another one.")
    if not folder.exists() or not any(folder.iterdir()):
        return []
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        other, files = str(mark["language"]), [str(name) for name in mark["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        message = f"{folder} is not empty and has no SDK of an earlier run; choose another folder."
        raise FolderError(message) from None
    if other != language:
        raise FolderError(f"{folder} has the SDK for {other}; choose another folder.")
    return [name for name in files if ".." not in PurePosixPath(name).parts and name[0] != "/"]
