"""Builds the image without a registry: on a Debian of mmdebstrap, by buildah in a chroot."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".waybill" / "cache"
BASE_ARCHIVE: Final = CACHE / "image-base.tar"
BASE: Final = "localhost/waybill-base:bookworm"
IMAGE: Final = "localhost/waybill:tested"
SAVED_AS: Final = "localhost/waybill:test"
"""The name of the image in an archive for other tests, which may load it here, too."""

_PROGRAMS: Final = ("buildah", "podman", "runc", "mmdebstrap")
_PACKAGES: Final = "python3,python3-venv,ca-certificates"
_LEFT_OUT: Final = ("doc", "locale", "man")
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


def obstacles() -> Iterator[str]:
    """Say why the image is not built and tried here."""
    if "WAYBILL_IMAGES" not in os.environ:
        yield "`make images` runs it"
        return
    yield from missing()


def missing() -> Iterator[str]:
    """Say what is missing on this machine."""
    if os.geteuid() != 0:
        yield "root"
    yield from (each for each in _PROGRAMS if shutil.which(each) is None)


def build() -> None:
    """Build the image. Raises CalledProcessError."""
    ensure_base()
    pip = CACHE / "pip.conf"
    pip.write_text(f"[global]\ncert = {_CERTIFICATES}\n")
    # The build trusts whom this machine trusts.
    options = (
        "--isolation=chroot",
        f"--secret=id=pip.conf,src={pip}",
        f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro",
    )
    make = ("make", "image", "BUILDER=buildah", f"IMAGE={IMAGE}", f"BASE={BASE}")
    subprocess.run([*make, f"ARGS={' '.join(options)}"], cwd=ROOT, check=True)


def save(archive: Path, image: str = IMAGE, name: str = SAVED_AS) -> None:
    """Write an image as `docker save` does, under this name."""
    archive.unlink(missing_ok=True)
    subprocess.run(["podman", "tag", image, name], check=True)
    command = ("podman", "save", "--quiet", "--format=docker-archive")
    subprocess.run([*command, f"--output={archive}", name], check=True)


def ensure_base() -> None:
    """Make a Debian with Python, which is kept. Raises CalledProcessError."""
    if not BASE_ARCHIVE.exists():
        BASE_ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
        unfinished = BASE_ARCHIVE.with_suffix(".unfinished.tar")
        options = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _LEFT_OUT]
        command = ("mmdebstrap", "--variant=minbase", f"--include={_PACKAGES}", *options)
        subprocess.run([*command, "bookworm", str(unfinished)], check=True)
        unfinished.rename(BASE_ARCHIVE)
    if subprocess.run(["podman", "image", "exists", BASE], check=False).returncode:
        subprocess.run(["podman", "import", "--quiet", str(BASE_ARCHIVE), BASE], check=True)
