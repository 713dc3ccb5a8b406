"""Where the sources are."""

from pathlib import Path


def tree_root() -> Path:
    """Find the root of the current source tree; the current folder outside of one."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "services").is_dir() and (folder / "contracts").is_dir():
            return folder
    return here
