"""Serves a built site on this machine."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from typing_extensions import override


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without logging."""

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass


def server_of(folder: Path, port: int) -> ThreadingHTTPServer:
    """Listen on the loopback address; port 0 selects a free port. Raises OSError."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
