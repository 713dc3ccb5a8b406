"""A service as a process of its own: what it answers, logs and exits with."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
import pytest

from waybill.process.worker_process import BEAT_SECONDS
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.processes import children_of
from waybill_toolkit.platform.waiting import wait_until

SERVICE = Path(__file__).parent / "service_under_test" / "service.py"

EVENT_SECONDS_MAX = 20
"""For an event that must come; only a broken test waits this long."""


class Process:
    """The service, its log, and its address."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = 0
        self.log: list[dict[str, Any]] = []
        self._child = subprocess.Popen(
            [sys.executable, str(SERVICE)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._guard = Timer(EVENT_SECONDS_MAX, self._child.kill)
        self._guard.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def until(self, message: str) -> dict[str, Any]:
        """Read the log up to a line that begins with `message`."""
        assert self._child.stdout is not None
        for text in self._child.stdout:
            self.log.append(json.loads(text))
            if self.log[-1]["message"].startswith(message):
                return self.log[-1]
        raise AssertionError(f"no {message!r} in {self.log}")

    def after(self, message: str) -> None:
        """Wait for a line that begins with `message`, unless it was read before."""
        if not any(each.startswith(message) for each in self.messages()):
            self.until(message)

    def serving(self) -> "Process":
        self.port = int(self.until("serving on")["message"].rpartition(":")[2])
        return self

    def is_alive(self) -> bool:
        return httpx.get(f"{self.url}/health/live").status_code == 200

    def only_child(self) -> int:
        [child] = children_of(self._child.pid)
        return child

    def freeze(self) -> None:
        self._child.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        self._child.kill()

    def terminate(self) -> None:
        self._child.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        assert self._child.stdout is not None
        self.log.extend(map(json.loads, self._child.stdout))
        return self._child.wait()

    def end(self) -> None:
        self._guard.cancel()
        self._child.kill()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def messages(self) -> list[str]:
        return [line["message"] for line in self.log]


Start = Callable[..., Process]


@pytest.fixture
def start(database_url: str) -> Iterator[Start]:
    with ExitStack() as running:

        def start_one(**settings: str) -> Process:
            environment = {
                "WAYBILL_SERVICE": "sample",
                "WAYBILL_PORT": "0",
                "WAYBILL_DATABASE_URL": database_url,
                "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
                "WAYBILL_ACCESS": "open",
            }
            process = Process(environment | settings)
            running.callback(process.end)
            return process

        yield start_one


def test_service_answers_and_ends_with_0_when_terminated(start: Start) -> None:
    process = start().serving()
    with httpx.Client(base_url=process.url) as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").json() == {"status": "ready"}
        assert client.get("/openapi.json").json()["openapi"] == "3.1.0"
        assert client.get("/docs").status_code == 200
        assert client.get("/nowhere").json()["type"] == "urn:waybill:problem:not-found"
        response = client.get("/v1/numbers")
    assert response.json() == {"number": 1}
    assert "server" not in response.headers
    process.terminate()
    assert process.exit_code() == 0
    assert {line["service"] for line in process.log} == {"sample"}


@pytest.mark.parametrize("apart", ["false", "true"])
def test_request_and_batch_in_hand_are_finished_when_terminated(start: Start, apart: str) -> None:
    process = start(WAYBILL_BACKGROUND_PROCESS=apart).serving()
    with socket.create_connection(("127.0.0.1", process.port)) as client:
        client.sendall(b"GET /v1/slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
        process.until("slow request begun")
        process.terminate()
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200")
    assert process.exit_code() == 0
    messages = process.messages()
    assert messages.index("slow request done") < messages.index("batch in hand done")
    assert messages.index("batch in hand done") < messages.index("closed")


@pytest.mark.parametrize("apart", ["false", "true"])
def test_a_request_waits_for_a_busy_part_unless_that_runs_apart(start: Start, apart: str) -> None:
    process = start(SAMPLE_PART="busy", WAYBILL_BACKGROUND_PROCESS=apart).serving()
    assert httpx.put(f"{process.url}/v1/numbers", json=1).status_code == 204
    process.until("busy")
    assert httpx.get(f"{process.url}/v1/numbers").json() == {"number": 1}
    process.terminate()
    assert process.exit_code() == 0
    messages = process.messages()
    answered_first = messages.index("number returned") < messages.index("busy no more")
    assert answered_first == (apart == "true")


@pytest.mark.parametrize("commits", [False, True])
def test_process_ends_with_the_child_that_has_its_parts(start: Start, *, commits: bool) -> None:
    process = start(WAYBILL_BACKGROUND_PROCESS="true").serving()
    child = process.only_child()
    os.kill(child, signal.SIGSTOP)
    if commits:  # the stopped child does not receive the events of this commit
        assert httpx.put(f"{process.url}/v1/numbers", json=1).status_code == 204
    os.kill(child, signal.SIGKILL)
    assert process.exit_code() == 1
    assert "background process returned early; stopping the process" in process.messages()


@pytest.mark.parametrize("frozen_seconds", [0, 2 * BEAT_SECONDS])  # longer: no heartbeat arrives
def test_the_child_that_has_its_parts_ends_with_the_process(
    start: Start, frozen_seconds: float
) -> None:
    process = start(WAYBILL_BACKGROUND_PROCESS="true").serving()
    process.freeze()
    time.sleep(frozen_seconds)
    process.kill()
    # Its log ends when the last process that writes to it is gone.
    assert process.exit_code() == -signal.SIGKILL
    assert "batch in hand done" not in process.messages()


def test_not_alive_while_the_child_with_its_parts_is_stuck(start: Start) -> None:
    process = start(WAYBILL_BACKGROUND_PROCESS="true").serving()
    assert process.is_alive()
    # Stopped earlier, the child would time out while it connects to its database.
    process.after("part begun")
    os.kill(process.only_child(), signal.SIGSTOP)
    wait_until(lambda: not process.is_alive(), EVENT_SECONDS_MAX)
    os.kill(process.only_child(), signal.SIGCONT)
    wait_until(process.is_alive, EVENT_SECONDS_MAX)
    process.terminate()
    assert process.exit_code() == 0


def test_a_signal_to_the_whole_group_stops_process_and_child_in_order(start: Start) -> None:
    process = start(WAYBILL_BACKGROUND_PROCESS="true").serving()
    os.kill(process.only_child(), signal.SIGTERM)
    process.terminate()
    assert process.exit_code() == 0
    assert process.messages().count("batch in hand done") == 1


def test_process_ends_in_time_when_a_part_does_not_stop(start: Start) -> None:
    process = start(SAMPLE_PART="stubborn", WAYBILL_GRACEFUL_STOP_SECONDS="0.5").serving()
    process.terminate()
    assert process.exit_code() == 0
    assert any(each.startswith("part did not stop") for each in process.messages())


@pytest.mark.parametrize("apart", ["false", "true"])
@pytest.mark.parametrize("part", ["crashing", "ending"])
def test_process_ends_with_1_when_a_part_crashes_or_ends_by_itself(
    start: Start, part: str, apart: str
) -> None:
    process = start(SAMPLE_PART=part, WAYBILL_BACKGROUND_PROCESS=apart)
    assert process.exit_code() == 1
    assert "CRITICAL" in {line["level"] for line in process.log}
    assert "closed" in process.messages()


def test_process_ends_with_78_and_a_clear_line_when_settings_are_wrong(start: Start) -> None:
    process = start(WAYBILL_ACCESS="", WAYBILL_PORT="70000")
    assert process.exit_code() == 78
    assert process.messages() == [
        "WAYBILL_PORT is wrong: Input should be less than or equal to 65535.",
        "WAYBILL_ACCESS is not set; set this environment variable.",
    ]


def test_process_ends_with_3_when_it_cannot_start(start: Start) -> None:
    away = start(WAYBILL_DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/d")
    assert away.exit_code() == 3
    assert "hunter2" not in json.dumps(away.log)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(WAYBILL_PORT=str(taken.getsockname()[1]))
        assert process.exit_code() == 3
    assert any("address already in use" in each for each in process.messages())


def test_chunked_body_is_refused_when_it_is_too_large(start: Start) -> None:
    process = start().serving()
    chunk = b"400\r\n" + b" " * 0x400 + b"\r\n"
    with socket.create_connection(("127.0.0.1", process.port)) as client:
        client.sendall(
            b"PUT /v1/numbers HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"transfer-encoding: chunked\r\n\r\n" + chunk * 3
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 413")


def test_service_goes_on_when_a_client_leaves_in_the_middle_of_its_request(start: Start) -> None:
    process = start().serving()
    with socket.create_connection(("127.0.0.1", process.port)) as client:
        client.sendall(
            b"PUT /v1/numbers HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"content-length: 10\r\n\r\n1"
        )
    assert httpx.put(f"{process.url}/v1/numbers", json=1).status_code == 204
    process.terminate()
    assert process.exit_code() == 0
    assert not {line["level"] for line in process.log} & {"ERROR", "CRITICAL"}


def test_unavailable_while_the_database_is_down_and_available_when_it_is_back(
    start: Start, postgres_server: PostgresServer
) -> None:
    process = start().serving()
    with httpx.Client(base_url=process.url, timeout=EVENT_SECONDS_MAX) as client:
        assert client.get("/v1/numbers").status_code == 200
        postgres_server.kill()
        try:
            away = client.get("/v1/numbers")
            ready = client.get("/health/ready")
            alive = client.get("/health/live")
        finally:
            postgres_server.start()
        assert away.status_code == 503
        assert away.json()["type"] == "urn:waybill:problem:unavailable"
        assert away.headers["retry-after"] == "1"
        assert (ready.status_code, ready.json()["failed"]) == (503, ["database"])
        assert alive.status_code == 200
        assert client.get("/v1/numbers").status_code == 200
        assert client.get("/health/ready").status_code == 200
