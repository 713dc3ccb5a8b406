"""Become Kafka: `python -m waybill_toolkit.platform.apache_kafka`.

Arguments: FOLDER HOST PORT ADVERTISED_PORT USERS JARS; the first five are those of the embedded
broker, JARS is the folder with Kafka's jars.
"""

import os
import sys
from pathlib import Path
from typing import Final

import orjson

from waybill_toolkit.platform.apache_kafka.configuration import Configuration
from waybill_toolkit.platform.apache_kafka.starting import prepared
from waybill_toolkit.platform.embedded_broker.home import distrust_home, open_home
from waybill_toolkit.platform.embedded_broker.users import WITHOUT_USERS
from waybill_toolkit.platform.ports import free_port

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
        voters={1: free_port()},
        passwords=_passwords(sys.argv[5]),
    )
    command = prepared(folder, configuration, jars)
    os.execvp(command[0], command)  # noqa: S606 - no shell


def _passwords(users: str) -> dict[str, str]:
    if users == WITHOUT_USERS:
        return {}
    return {name: each["password"] for name, each in orjson.loads(Path(users).read_bytes()).items()}


if __name__ == "__main__":
    main()
