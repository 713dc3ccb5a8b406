"""The pre-fork server: imports the modules that services share, and forks the services.

A forked service does not import those modules again, and shares their memory. Otherwise it behaves
as if started by `python -m NAME`: it has its own environment, session and log, imports NAME.app and
calls its `main()`.

The supervisor communicates with it through a SOCK_SEQPACKET socket with JSON messages: the response
to a Request is Began; Ended follows when that process has ended. A Request may carry sockets on
which the service listens.
"""

import gc
import importlib
import json
import logging
import os
import selectors
import signal
import socket
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.processes import die_with_parent, name_this_process

MESSAGE_BYTES_MAX: Final = 131_072  # the environment is the largest part
SOCKETS_MAX: Final = 2
READY: Final = b"ready"
LISTEN_VARIABLE: Final = "WAYBILL_LISTEN_FDS"
"""As in waybill.process.listening, which is not imported here: it takes as long as all the rest."""

# Modules that every service imports: libraries and the runtime. Each process imports the service's
# own code itself, so a restart loads its current version.
PRELOADED: Final = (
    "aiokafka",
    "anyio._backends._asyncio",  # httpx imports it, httpcore and h11 with the first request
    "asyncio",
    "asyncpg",
    "cryptography.hazmat.backends.openssl.backend",
    "cryptography.hazmat.primitives.ciphers.aead",
    "fastapi",
    "httpcore",
    "httptools",
    "httpx",
    "joserfc.jwt",
    "opentelemetry.trace",
    "orjson",
    "pydantic_settings",
    "uvicorn.lifespan.on",
    "uvicorn.logging",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
    "waybill.app",
    "waybill.http.issuer_keys",
    "waybill.http.pages",
    "waybill.http.tokens",
    "waybill.postgres.retention",
    "waybill.process.event_runtime",
)


@dataclass(frozen=True, slots=True)
class Request:
    name: str
    module: str
    log: str
    environment: Mapping[str, str]
    search_path: Sequence[str] = ()
    arguments: Sequence[str] = ()

    def encode(self) -> bytes:
        """Raise PlatformError when it is too large to be sent as one message."""
        message = json.dumps(asdict(self)).encode()
        if len(message) > MESSAGE_BYTES_MAX:
            raise PlatformError(
                f"Your environment is too large to be passed on to {self.name} "
                f"({len(message)} bytes of {MESSAGE_BYTES_MAX}): unset what it does not need."
            )
        return message

    def listening_on(self, sockets: Sequence[int]) -> "Request":
        """Return the request of a process that has these descriptors."""
        if not sockets:
            return self
        listed = ",".join(map(str, sockets))
        return replace(self, environment={**self.environment, LISTEN_VARIABLE: listed})

    @classmethod
    def decode(cls, message: bytes) -> "Request":
        document = json.loads(message)
        return cls(
            name=document["name"],
            module=document["module"],
            log=document["log"],
            environment=document["environment"],
            search_path=document["search_path"],
            arguments=document["arguments"],
        )


@dataclass(frozen=True, slots=True)
class Began:
    name: str
    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    pid: int
    exit_code: int  # negative: the signal that ended it, as in `subprocess`


def encode(event: Began | Ended) -> bytes:
    return json.dumps({"kind": type(event).__name__, **asdict(event)}).encode()


def decode(message: bytes) -> Began | Ended:
    document = json.loads(message)
    if document["kind"] == "Began":
        return Began(document["name"], document["pid"])
    return Ended(document["pid"], document["exit_code"])


def serve(channel: socket.socket) -> Request | None:
    """Fork a process for each request. Returns the request in each child, None at the end."""
    woken, wakes = socket.socketpair()
    for end in (woken, wakes):
        end.settimeout(0)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    channel.send(READY)
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                woken.recv(4096)
                _reap(channel)
            if channel in ready:
                message, sockets, *_ = socket.recv_fds(channel, MESSAGE_BYTES_MAX, SOCKETS_MAX)
                if not message:  # the supervisor has ended
                    return None
                request = Request.decode(message)
                if _fork(request, channel):
                    signal.set_wakeup_fd(-1)
                    woken.close()
                    wakes.close()
                    return request.listening_on(sockets)
                for each in sockets:
                    os.close(each)


def _fork(request: Request, channel: socket.socket) -> bool:
    """Return True in the child."""
    host = os.getpid()
    pid = os.fork()
    if pid:
        channel.send(encode(Began(request.name, pid)))
        return False
    die_with_parent(signal.SIGKILL, host)
    channel.close()
    return True


def _reap(channel: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        channel.send(encode(Ended(pid, os.waitstatus_to_exitcode(status))))


def become(request: Request) -> None:
    """Turn this forked child into the requested process, and run it until it ends."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(request.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(request.environment)
    name_this_process(f"waybill:{request.name}")
    sys.path[:0] = [entry for entry in request.search_path if entry not in sys.path]
    sys.argv = [f"{request.name}", *request.arguments]
    gc.enable()
    importlib.import_module(request.module).main()


def preload() -> None:
    """Import shared modules. An import error occurs again in the service that needs the module."""
    gc.disable()  # a collection would write to shared pages
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError as error:
            logging.getLogger(__name__).warning("cannot preload %s: %s", name, error)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the first one initializes OpenSSL: 2.5 MB
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:
        raise RuntimeError(f"{threads} threads after preloading: a fork would copy only one")
    gc.freeze()


def main() -> None:
    name_this_process("waybill:prefork")
    preload()
    request = serve(socket.socket(fileno=int(sys.argv[1])))
    if request:
        become(request)


if __name__ == "__main__":
    main()
