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


def build_postgres() -> None:
    """Build the image of PostgreSQL. Raises CalledProcessError."""
    _build(_SOURCES / "postgres", POSTGRES)


def build_kafka() -> None:
    """Build the image of Apache Kafka. Raises CalledProcessError or PlatformError."""
    jars = jars_folder()
    ensure_kafka(jars)
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder) / "kafka"
        shutil.copytree(_SOURCES / "kafka", context)
        shutil.copytree(jars, context / "jars", ignore=shutil.ignore_patterns("*.xml"))
        _build(context, KAFKA)


def _build(context: Path, image: str) -> None:
    building.ensure_base()
    base = f"--build-arg=BASE={building.BASE}"
    command = ("buildah", "build", "--layers", "--isolation=chroot", base, f"--tag={image}")
    subprocess.run([*command, str(context)], check=True)
