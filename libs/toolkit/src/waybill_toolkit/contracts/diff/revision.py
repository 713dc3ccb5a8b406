"""The contracts of a git revision, unpacked for as long as they are compared."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision by the name that was asked for, and its contracts in a folder."""

    name: str
    commit: str
    contracts: Path


class RevisionError(Exception):
    """There is no such revision, or no repository."""


@contextmanager
def checked_out(root: Path, name: str) -> Iterator[Revision]:
    """Unpack `contracts/` as it was at a revision. Raises RevisionError."""
    commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
        contracts = Path(folder).resolve() / "contracts"
        contracts.mkdir()
        if _git(root, "ls-tree", "--name-only", commit.decode().strip(), "contracts"):
            packed = _git(root, "archive", "--format=tar", commit.decode().strip(), "contracts")
            _unpack(packed, folder)
        yield Revision(name, commit.decode().strip(), contracts)


def _unpack(packed: bytes, folder: str) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise RevisionError(f"contracts/ has a link that leads out of it: {error}") from None


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours
            ["git", "-C", str(root), *arguments],  # noqa: S607 - whichever git the user has
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        raise RevisionError("git is not installed; revisions are read with it.") from None
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode(errors="replace").strip().splitlines()
        raise RevisionError(f"git says: {told[-1] if told else 'nothing'}") from None
    return done.stdout
