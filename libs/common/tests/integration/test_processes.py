"""Which part of a service runs in which process, and what a server makes of the app."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

FOLDER = Path(__file__).parent / "service_under_test"
RUN = (str(FOLDER / "service.py"),)
UVICORN = ("-m", "uvicorn", "service:app", "--app-dir", str(FOLDER), "--port", "0")


class Process:
    """A process and what it says."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str]) -> None:
        self.child = subprocess.Popen(
            [sys.executable, *command],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []

    def until(self, text: str) -> str:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"no {text!r} in {self.lines}")

    def logged(self, message: str) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.until(f'"message":"{message}'))
        return line

    def stop(self) -> list[str]:
        self.child.terminate()
        self.end()
        return self.lines

    def end(self) -> int:
        assert self.child.stdout is not None
        self.lines.extend(self.child.stdout)
        return self.child.wait()

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()
        if self.child.stdout is not None:
            self.child.stdout.close()


Start = Callable[..., Process]


@pytest.fixture
def start(database_url: str) -> Iterator[Start]:
    with ExitStack() as running:

        def start_one(command: tuple[str, ...] = RUN, **settings: str) -> Process:
            environment = {
                "WAYBILL_SERVICE": "sample",
                "WAYBILL_PORT": "0",
                "WAYBILL_DATABASE_URL": database_url,
                "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
                "WAYBILL_ACCESS": "open",
            }
            process = Process(command, environment | settings)
            running.callback(process.kill)
            return process

        yield start_one


def address(process: Process) -> str:
    return str(process.logged("serving on")["message"].rpartition(" ")[2])


def test_parts_of_each_process_stay_where_requests_are_and_the_others_go_apart(
    start: Start,
) -> None:
    process = start(WAYBILL_BACKGROUND_PROCESS="true")
    address(process)
    process.stop()
    said = [json.loads(line) for line in process.lines]
    pids = {each["message"]: each["pid"] for each in said if "pid" in each}
    assert pids["each process"] == process.child.pid
    assert pids["part begun"] not in (0, process.child.pid)


def test_all_parts_are_in_the_process_that_uvicorn_serves_from(start: Start) -> None:
    process = start(UVICORN, WAYBILL_BACKGROUND_PROCESS="true", WAYBILL_LOG_LEVEL="INFO")
    process.until("Application startup complete")
    children = Path(f"/proc/{process.child.pid}/task/{process.child.pid}/children").read_text()
    assert children == ""
    process.stop()
    assert process.child.returncode in (0, -signal.SIGTERM)


def test_uvicorn_stops_when_a_part_crashes(start: Start) -> None:
    process = start(UVICORN, SAMPLE_PART="crashing")
    assert process.end() != 0
    assert any("part crashed; stopping the process" in line for line in process.lines)
    assert any("Application shutdown complete" in line for line in process.lines)


def test_a_part_of_each_process_that_crashes_stops_the_process(start: Start) -> None:
    process = start(SAMPLE_EACH_PROCESS="crashing")
    assert process.end() == 1


def test_a_websocket_is_served(start: Start) -> None:
    process = start()
    with connect(f"ws://{address(process)}/own/echo") as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"


def test_an_error_of_a_route_is_logged_once_with_its_trace(start: Start) -> None:
    process = start()
    response = httpx.get(f"http://{address(process)}/own/bug")
    assert response.status_code == 500
    lines = [json.loads(line) for line in process.stop()]
    [error] = [each for each in lines if each["level"] == "ERROR"]
    assert error["message"] == "GET /own/bug failed"
    assert error["error"]["type"] == "LookupError"
    assert error["trace_id"] == response.headers["x-trace-id"]


def test_service_is_not_ready_while_its_issuer_of_tokens_is_away(start: Start) -> None:
    issuer, header = "http://127.0.0.1:1", b'{"alg":"ES256","typ":"at+jwt","kid":"k"}'
    token = f"{base64.urlsafe_b64encode(header).decode().rstrip('=')}.e30.e30"
    process = start(WAYBILL_ACCESS=issuer, WAYBILL_ACCESS_AUDIENCE="waybill")
    with httpx.Client(base_url=f"http://{address(process)}") as client:
        ready = client.get("/health/ready")
        answer = client.get("/v1/numbers", headers={"Authorization": f"Bearer {token}"})

    assert (ready.status_code, ready.json()["failed"]) == (503, ["issuer keys"])
    assert answer.status_code == 503
    assert "have not been read yet" in answer.json()["detail"]


def test_open_streams_end_when_terminated(start: Start) -> None:
    process = start(WAYBILL_GRACEFUL_STOP_SECONDS="60")
    with httpx.stream("GET", f"http://{address(process)}/v1/events", timeout=30) as response:
        parts = response.iter_text()
        assert next(parts) == "data: 1\n\n"
        begun = time.monotonic()
        process.child.terminate()
        assert list(parts) == []  # it has ended as it should: httpx raises for a lost connection
    assert process.end() == 0
    assert time.monotonic() - begun < 30
