"""The receiver of a laptop keeps what it gets, and refuses what it cannot keep."""

import gzip
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import orjson
import pytest

from waybill_toolkit.operations.traces.receiver import TraceReceiver

ONE = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"a"}]}]}]}'


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[TraceReceiver]:
    with TraceReceiver(("127.0.0.1", 0), tmp_path / "spans.jsonl") as found:
        threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
        yield found
        found.shutdown()


def post(receiver: TraceReceiver, body: bytes, path: str = "/v1/traces", **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", receiver.server_address[1], timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, {"Content-Type": "application/json", **named})
    status = connection.getresponse().status
    connection.close()
    return status


def test_each_request_becomes_a_line(receiver: TraceReceiver, tmp_path: Path) -> None:
    assert post(receiver, ONE) == 200
    assert post(receiver, gzip.compress(ONE), Content_Encoding="gzip") == 200
    lines = (tmp_path / "spans.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line) for line in lines] == [orjson.loads(ONE)] * 2
    assert receiver.received == 2


@pytest.mark.parametrize(
    ("body", "path", "headers", "status"),
    [
        (b"{", "/v1/traces", {}, 400),
        (b"[]", "/v1/traces", {}, 400),
        (b'{"resourceSpans":[{}]}', "/v1/traces", {}, 400),
        (b"x", "/v1/traces", {"Content_Encoding": "gzip"}, 400),
        (ONE, "/v1/metrics", {}, 404),
        (ONE, "/v1/traces", {"Content_Type": "application/x-protobuf"}, 415),
    ],
)
def test_what_is_no_trace_is_refused(
    receiver: TraceReceiver, body: bytes, path: str, headers: dict[str, str], status: int
) -> None:
    assert post(receiver, body, path, **headers) == status
    assert receiver.received == 0
