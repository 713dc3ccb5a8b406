"""The folder that an SDK is written into: made by us, or empty, or not touched."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

MARK: Final = ".waybill-sdk.json"
"""Says what is ours in the folder, so that writing again removes what is no longer made."""


class FolderError(Exception):
    """The folder holds something else. The message says what to do."""


def fill(folder: Path, language: str, write: Callable[[Path], None]) -> int:
    """Let `write` fill an empty folder, then bring `folder` up to date with it.

    Nothing there has changed if `write` raises. What else is in the folder, such as what was
    installed for its use, stays. Returns how many files were made. Raises FolderError.
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
    """List what an earlier run wrote."""
    if folder.exists() and not folder.is_dir():
        raise FolderError(f"{folder} is no folder; choose another one.")
    if not folder.exists() or not any(folder.iterdir()):
        return []
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        other, files = str(mark["language"]), [str(name) for name in mark["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        message = f"{folder} is not empty and holds no SDK of ours; choose another folder."
        raise FolderError(message) from None
    if other != language:
        raise FolderError(f"{folder} holds the SDK for {other}; choose another folder.")
    return [name for name in files if ".." not in PurePosixPath(name).parts and name[0] != "/"]
