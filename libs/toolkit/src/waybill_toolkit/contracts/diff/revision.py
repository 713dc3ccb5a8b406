"""Extracts the contracts of a git revision to a temporary folder."""

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
    """A revision by the name that the user gave, and the folder with its contracts."""

    name: str
    commit: str
    contracts: Path


class RevisionError(Exception):
    """The revision does not exist, or the folder is not in a git repository."""


@contextmanager
def checked_out(root: Path, name: str) -> Iterator[Revision]:
    """Extract `contracts/` of a revision. Raises RevisionError."""
    commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
        unpacked = Path(folder).resolve()
        contracts = unpacked / "contracts"
        contracts.mkdir()
        if _git(root, "ls-tree", "--name-only", commit.decode().strip(), "contracts"):
            packed = _git(root, "archive", "--format=tar", commit.decode().strip(), "contracts")
            _unpack(packed, unpacked)
        yield Revision(name, commit.decode().strip(), contracts)


def _unpack(packed: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            target = (folder / member.name).parent / member.linkname
            if member.issym() and not target.resolve().is_relative_to(folder):
                raise RevisionError(f"contracts/ has a link that points outside: {member.name}")
        # Extraction filters exist since Python 3.11.4; Debian 12 has 3.11.2.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)  # noqa: S202 - git created it, and links are checked above


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours
            ["git", "-C", str(root), *arguments],  # noqa: S607 - whichever git the user has
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        raise RevisionError("git is not installed; it is needed to read the revision.") from None
    except subprocess.CalledProcessError as error:
        stderr = error.stderr.decode(errors="replace").strip().splitlines()
        raise RevisionError(f"git says: {stderr[-1] if stderr else 'nothing'}") from None
    return done.stdout
