"""Become Kafka: `python -m waybill_toolkit.platform.apache_kafka`.

Arguments: FOLDER HOST PORT ADVERTISED_PORT USERS JARS; the first five are those of the embedded
broker, JARS is the folder with Kafka's jars.
"""

import base64
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Final

import orjson

from waybill_toolkit.platform.apache_kafka.configuration import LOG4J, Configuration
from waybill_toolkit.platform.apache_kafka.distribution import java
from waybill_toolkit.platform.embedded_broker.home import distrust_home, open_home
from waybill_toolkit.platform.embedded_broker.users import WITHOUT_USERS

# It starts in 4 s and takes some 400 MB; the optimizing compiler is not worth its start here.
_OPTIONS: Final = ("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOGS: Final = "kafka"


def main() -> None:
    """Prepare the folder, and replace this process by Kafka."""
    folder, jars = Path(sys.argv[1]), Path(sys.argv[6])
    logs = folder / _LOGS
    if not logs.is_dir():
        distrust_home(folder)  # it may hold the files of the embedded broker
    open_home(folder)
    configuration = Configuration(
        folder=logs,
        host=sys.argv[2],
        port=int(sys.argv[3]),
        advertised_port=int(sys.argv[4]),
        controller_port=_free_port(sys.argv[2]),
        passwords=_passwords(sys.argv[5]),
    )
    properties, log4j = folder / "server.properties", folder / "log4j2.properties"
    properties.write_text(configuration.properties(), "utf-8")
    log4j.write_text(LOG4J, "utf-8")
    command = [
        java(), *_OPTIONS, f"-Dlog4j2.configurationFile={log4j}", "-cp", str(jars / "*"),
    ]  # fmt: skip
    if not (logs / "meta.properties").exists():
        _format(command, properties)
    os.execvp(command[0], [*command, "kafka.Kafka", str(properties)])  # noqa: S606 - no shell


def _format(command: list[str], properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    subprocess.run([*command, *tool], check=True)  # noqa: S603 - a fixed command


def _free_port(host: str) -> int:
    with socket.socket() as free:
        free.bind((host, 0))
        port: int = free.getsockname()[1]
        return port


def _passwords(users: str) -> dict[str, str]:
    if users == WITHOUT_USERS:
        return {}
    return {name: each["password"] for name, each in orjson.loads(Path(users).read_bytes()).items()}


if __name__ == "__main__":
    main()
