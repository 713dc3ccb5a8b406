"""Prepares the folder of a node of Kafka, and says how to start it."""

import base64
import subprocess
import uuid
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.apache_kafka.configuration import LOG4J, Configuration
from waybill_toolkit.platform.apache_kafka.distribution import java

# It starts in 4 s and takes some 400 MB; the optimizing compiler is not worth its start here.
_OPTIONS: Final = ("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def prepared(
    home: Path, configuration: Configuration, jars: Path, *options: str, cluster: str = ""
) -> list[str]:
    """Write the files of a node into `home`, and return the command that starts it.

    `options` are further ones of Java. Nodes of a cluster need the same id, which is `new_cluster`.
    """
    properties, log4j = home / "server.properties", home / "log4j2.properties"
    properties.write_text(configuration.properties(), "utf-8")
    log4j.write_text(LOG4J, "utf-8")
    command = [
        java(), *_OPTIONS, *options, f"-Dlog4j2.configurationFile={log4j}", "-cp", str(jars / "*"),
    ]  # fmt: skip
    if not (configuration.folder / "meta.properties").exists():
        _format(command, properties, cluster or new_cluster())
    return [*command, "kafka.Kafka", str(properties)]


def new_cluster() -> str:
    """Return the id of a new cluster. As with Kafka's own, it does not look like an option."""
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes)).startswith(b"-"):
        pass
    return made.rstrip(b"=").decode()


def _format(command: list[str], properties: Path, cluster: str) -> None:
    tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    subprocess.run([*command, *tool], check=True)  # noqa: S603 - a fixed command
