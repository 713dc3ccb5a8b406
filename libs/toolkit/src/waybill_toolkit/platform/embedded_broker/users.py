"""The users of the broker, from a file that `waybill up` writes.

    {"orders": {"password": "...", "contract": "/path/of/asyncapi.json"},
     "reader": {"password": "...", "permissions": {"read": ["*"], "join": ["reader*"]}}}

A contract is read again at each login: a service that is started again with a changed one may do
what that says.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson

from waybill_toolkit.platform.embedded_broker.permissions import (
    EVERYTHING,
    Operation,
    Permissions,
    permissions_of,
)
from waybill_toolkit.platform.embedded_broker.scram import Verifier

_log = logging.getLogger(__name__)

WITHOUT_USERS: Final = "--without-users"
"""The argument of a broker that everybody may use, in place of the file."""
_LINE_SECONDS: Final = 1.0
"""A client that is refused all the time is logged no more often than this."""


class User:
    """A client that is known. Refusals are logged with its name and that of the topic or group."""

    def __init__(self, name: str, permissions: Permissions) -> None:
        self._name = name
        self._checks = permissions.checks()
        self._next_line = 0.0

    def may(self, operation: Operation, name: str) -> bool:
        """Return whether the user may do this with a topic, or join a group."""
        return self._checks[operation](name)

    def is_refused(self, operation: Operation, name: str) -> bool:
        """Return whether the user may not; then it is logged, at most once a second."""
        if self._checks[operation](name):
            return False
        now = time.monotonic()
        if now >= self._next_line:
            self._next_line = now + _LINE_SECONDS
            _log.warning("user %s is refused: it may not %s %r", self._name, operation, name)
        return True


ANYBODY: Final = User("anybody", EVERYTHING)
"""The user of all connections of a broker without users."""


@dataclass
class _Entry:
    name: str
    document: Mapping[str, Any]

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier.of(self.document["password"])

    def user(self) -> User:
        """Read what it may do. Raises OSError, ValueError for its contract."""
        if (path := self.document.get("contract")) is None:
            permissions = {name: tuple(each) for name, each in self.document["permissions"].items()}
            return User(self.name, Permissions(**permissions))
        return User(self.name, permissions_of(self.name, orjson.loads(Path(path).read_bytes())))


class Users:
    """The users, by name."""

    def __init__(self, document: Mapping[str, Mapping[str, Any]]) -> None:
        self._entries = {name: _Entry(name, entry) for name, entry in document.items()}

    @classmethod
    def read(cls, path: Path) -> "Users":
        """Read the file. Raises OSError, ValueError."""
        return cls(orjson.loads(path.read_bytes()))

    def verifier(self, name: str) -> Verifier | None:
        """Return what the password of a user is verified with; None if there is no such user."""
        entry = self._entries.get(name)
        return entry.verifier if entry else None

    def user(self, name: str) -> User:
        """Return a user. Raises KeyError, and OSError or ValueError for its contract."""
        return self._entries[name].user()
