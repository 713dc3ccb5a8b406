"""A temporary folder for a platform."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_folder() -> Iterator[Path]:
    """Create a folder with a short path that PostgreSQL's account can enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="waybill-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
