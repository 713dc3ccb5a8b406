"""Writes many files atomically: all of them, or none."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written(files: Mapping[Path, str]) -> Iterator[None]:
    """Write the files; when this or the block fails, restore the tree."""
    before = {path: path.read_bytes() if path.is_file() else None for path in files}
    made = sorted(_missing_folders(files))
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text.encode())
        yield
    except BaseException:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)
        for path, content in before.items():
            if content is not None:
                _replace(path, content)
            else:
                path.unlink(missing_ok=True)
        raise


def _missing_folders(files: Mapping[Path, str]) -> set[Path]:
    """Return the topmost missing folders."""
    return {
        next(folder for folder in (*reversed(path.parents),) if not folder.exists())
        for path in files
        if not path.parent.exists()
    }


def _replace(path: Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_bytes(content)
    if path.exists():
        shutil.copymode(path, new)
    new.replace(path)
