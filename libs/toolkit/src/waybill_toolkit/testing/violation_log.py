"""Reads the contract violations that services find in themselves from their logs.

A service that is killed takes its counters with it; its log stays.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.log_files import Follower

CHECKED: Final = {"WAYBILL_CHECK_CONTRACT": "true"}
"""The setting with which a service checks its own contract."""

_LOGGER: Final = "waybill.conformance"


class ViolationLog:
    """Reads violations from the logs of services, each once."""

    def __init__(self, data: Path, services: Iterable[str]) -> None:
        folder = DataFolder(data)
        self._followers = {each: Follower(folder.log(each), from_end=False) for each in services}

    def read(self) -> list[str]:
        """Return the violations since the last call."""
        return [
            f"{service}: {message}"
            for service, follower in self._followers.items()
            for message in _messages(follower.read())
        ]


def _messages(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if _LOGGER in line:
            yield json.loads(line)["message"]
