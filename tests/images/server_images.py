"""Images of PostgreSQL and Apache Kafka without a registry: of Debian's packages, Maven's jars.

They take what Waybill gives the official images: the same variables, files, users and folders.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.images import building

from waybill_toolkit.platform.apache_kafka.distribution import ensure_kafka, jars_folder

POSTGRES: Final = "localhost/postgres:tested"
KAFKA: Final = "localhost/kafka:tested"

_SOURCES: Final = Path(__file__).parent / "servers"
_POSTGRES_BASE: Final = "localhost/waybill-postgres-base:bookworm"
_KAFKA_BASE: Final = "localhost/waybill-kafka-base:bookworm"
_FOLDERS_OF_KAFKA: Final = (
    "/opt/kafka/config", "/opt/kafka/logs", "/var/lib/kafka/data", "/mnt/shared/config",
)  # fmt: skip


def build_postgres() -> None:
    """Build the image of PostgreSQL. Raises CalledProcessError."""
    archive = building.CACHE / "postgres-base.tar"
    # The user of the official image; Debian's package would take any free number.
    user = 'chroot "$1" useradd --system --uid 999 --home-dir /var/lib/postgresql postgres'
    building.ensure_debian(archive, _POSTGRES_BASE, "postgresql", f"--essential-hook={user}")
    _build(_SOURCES / "postgres", _POSTGRES_BASE, POSTGRES)


def build_kafka() -> None:
    """Build the image of Apache Kafka. Raises CalledProcessError or PlatformError."""
    archive = building.CACHE / "kafka-base.tar"
    hooks = (
        'chroot "$1" useradd --uid 1000 appuser',
        f'chroot "$1" install -d -o 1000 -g 1000 {" ".join(_FOLDERS_OF_KAFKA)}',
    )
    # The package links manual pages, whose folder is left out.
    options = ['--essential-hook=mkdir -p "$1"/usr/share/man/man1']
    options += [f"--customize-hook={hook}" for hook in hooks]
    building.ensure_debian(archive, _KAFKA_BASE, "openjdk-17-jre-headless", *options)
    jars = jars_folder()
    ensure_kafka(jars)
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder) / "kafka"
        shutil.copytree(_SOURCES / "kafka", context)
        shutil.copytree(jars, context / "jars", ignore=shutil.ignore_patterns("*.xml"))
        _build(context, _KAFKA_BASE, KAFKA)


def _build(context: Path, base: str, image: str) -> None:
    command = ("buildah", "build", "--layers", "--isolation=chroot", f"--build-arg=BASE={base}")
    subprocess.run([*command, f"--tag={image}", str(context)], check=True)
