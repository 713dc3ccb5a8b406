"""A process takes over from another one, and no client loses a request."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

COMMAND = (sys.executable, str(Path(__file__).parent / "service_under_test" / "service.py"))

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


@pytest.fixture
def serve(database_url: str) -> Iterator[Serve]:
    """Give a function that starts a process on a socket, and returns when it serves."""
    with ExitStack() as ending:

        def start(on: socket.socket, **settings: str) -> subprocess.Popen[str]:
            environment = {
                "WAYBILL_SERVICE": "sample",
                "WAYBILL_DATABASE_URL": database_url,
                "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
                "WAYBILL_ACCESS": "open",
                "WAYBILL_LISTEN_FDS": str(on.fileno()),
            }
            process = ending.enter_context(
                subprocess.Popen(
                    COMMAND,
                    env={**os.environ, **environment, **settings},
                    pass_fds=[on.fileno()],
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            ending.callback(process.kill)
            assert process.stdout is not None

            while "serving on" not in process.stdout.readline():
                assert process.poll() is None
            return process

        yield start


def test_the_port_is_served_without_a_gap_when_a_process_takes_over(
    listener: socket.socket, serve: Serve
) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/health/live"
    old = serve(listener)
    new = serve(listener, WAYBILL_BACKGROUND_PROCESS="true")
    old.send_signal(signal.SIGTERM)
    statuses = []
    while old.poll() is None:
        statuses.append(httpx.get(url).status_code)
    statuses.append(httpx.get(url).status_code)
    new.send_signal(signal.SIGTERM)
    assert (old.wait(), new.wait()) == (0, 0)
    assert set(statuses) == {200}


def test_a_client_is_asked_to_close_its_connection_and_loses_no_request(
    listener: socket.socket, serve: Serve
) -> None:
    process = serve(listener)
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
        assert "connection" not in client.get("/health/live").headers
        process.send_signal(signal.SIGTERM)
        while "connection" not in (answer := client.get("/health/live")).headers:
            assert answer.status_code == 200
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    assert process.wait() == 0
