"""The sockets on which a service listens: the supervisor binds them, the processes share them.

So a new process can take over from an old one, and no connection is lost between them: both accept
from one queue. The socket exists while one of these processes does, so that a service that is down
refuses connections at once.
"""

import socket
from collections.abc import Mapping

from waybill_toolkit.platform.children import Child
from waybill_toolkit.platform.ports import LOOPBACK


class Listener:
    """The socket of a service's port."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._users: set[int] = set()

    def bound(self, environment: Mapping[str, str]) -> list[socket.socket]:
        """Return the socket, bound to the address of these settings. It does not listen yet.

        Nothing when the port is in use: then the service says so itself.
        """
        if self._socket is None:
            try:
                address = (environment["WAYBILL_HOST"], int(environment["WAYBILL_PORT"]))
                self._socket = bind(*address)
            except OSError:
                return []
        return [self._socket]

    def used_by(self, child: Child) -> None:
        """Keep the socket open until this process has ended, and all others that use it."""
        self._users.add(child.pid)
        child.ended.add_done_callback(lambda _: self._ended(child.pid))

    def _ended(self, pid: int) -> None:
        self._users.discard(pid)
        if not self._users and self._socket is not None:
            self._socket.close()
            self._socket = None


def bind(host: str = LOOPBACK, port: int = 0) -> socket.socket:
    """Return a socket that is bound and does not listen. Raises OSError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
