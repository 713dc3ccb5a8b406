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
                raise RevisionError(f"contracts/ has a link that leads out of it: {member.name}")
        # Python 3.11 has filters since its fourth release; Debian 12 has the second.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)  # noqa: S202 - git has made it, and links are looked at above


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
