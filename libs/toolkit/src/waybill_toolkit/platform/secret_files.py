"""Random passwords, each in a file that only the current user can read, and folders of keys."""

import os
import secrets
from pathlib import Path

_BYTES = 24


class SecretFiles:
    def __init__(self, data_folder: Path, group: str = "") -> None:
        """`group` is a folder of other passwords for the same names."""
        self._folder = data_folder / "secrets" / group

    def password(self, name: str) -> str:
        """Read the password of `name`; create one if there is none."""
        return self.file(name).read_text(encoding="ascii").strip()

    def file(self, name: str) -> Path:
        """Return the file with the password of `name`; create one if there is none."""
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new(path, f"{secrets.token_urlsafe(_BYTES)}\n")
        return path

    def folder(self, name: str) -> Path:
        """Return the folder `name` for secrets of services; create it if there is none."""
        path = self._folder / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def write_new(path: Path, text: str) -> None:
    """Create a file that only the current user can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
