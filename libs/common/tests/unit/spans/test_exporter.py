"""Spans reach the receiver; one that is slow, away or unwilling costs nothing, and says so once."""

import logging
from collections.abc import Callable
from email.utils import formatdate

import pytest

from waybill.spans.exporter import Exporter
from waybill.spans.receiver import (
    RETRY_AFTER_SECONDS_MAX,
    AwayError,
    Destination,
    Receiver,
    RefusedError,
)
from waybill.spans.recorder import Recorder

from .conftest import Scripted, serve, span, wait_until

Start = Callable[..., Exporter]
SECRET = "wmd-7f3a-secret"  # noqa: S105 - of this test


def test_spans_arrive_with_headers_and_resource(receiver: Scripted, exporting: Start) -> None:
    recorder = Recorder()
    exporting(recorder, receiver.url, headers={"X-Team": SECRET})
    recorder.add(span(1))
    recorder.add(span(2))
    wait_until("both spans have arrived", lambda: len(receiver.spans) == 2)
    assert [each["spanId"] for each in receiver.spans] == [f"{n:016x}" for n in (1, 2)]
    assert receiver.headers[0]["X-Team"] == SECRET
    assert receiver.headers[0]["Content-Type"] == "application/json"
    assert b'"key":"service.name","value":{"stringValue":"orders"}' in receiver.bodies[0]


@pytest.mark.parametrize(
    "answer",
    [
        (429, {"Retry-After": "0"}, b""),
        (503, {"Retry-After": "0"}, b""),
        (503, {}, b""),
        (502, {}, b""),
        (504, {}, b""),
    ],
)
def test_spans_are_sent_again_after_a_retryable_status(
    receiver: Scripted,
    exporting: Start,
    answer: tuple[int, dict[str, str], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.answers = [answer, answer]
    recorder = Recorder()
    exporter = exporting(recorder, receiver.url)
    with caplog.at_level(logging.WARNING):
        recorder.add(span())
        wait_until("the span is accepted", lambda: exporter.sent == 1)
    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == 1, "the same request was sent again"
    reason = f"status {answer[0]}"
    assert caplog.messages == [
        f"traces: receiver unavailable, spans are kept until the buffer is full: {reason}",
        "traces: receiver available again; 0 spans were dropped",
    ]
    assert exporter.dropped == 0


def test_spans_are_not_sent_again_after_400(
    receiver: Scripted, exporting: Start, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [(400, {}, b"no"), (400, {}, b"no")]
    recorder = Recorder()
    exporter = exporting(recorder, receiver.url)
    with caplog.at_level(logging.WARNING):
        for number in (1, 2, 3):
            recorder.add(span(number))
            wait_until("it was sent", lambda: len(receiver.bodies) == number)  # noqa: B023 - now
        wait_until("the last one was accepted", lambda: exporter.sent == 1)
    assert exporter.dropped == 2
    assert [each["spanId"] for each in receiver.spans] == [f"{n:016x}" for n in (1, 2, 3)]
    refused, back = [record.message for record in caplog.records]
    assert refused.startswith("traces: receiver refuses spans, which are dropped: status 400")
    assert back == "traces: receiver available again; 2 spans were dropped"


def test_a_receiver_that_refuses_connections_gets_the_spans_when_it_is_back(
    exporting: Start, caplog: pytest.LogCaptureFixture
) -> None:
    scripted = Scripted()
    server = serve(scripted)
    server.shutdown()
    server.server_close()
    recorder = Recorder(most=3)
    with caplog.at_level(logging.WARNING):
        exporter = exporting(recorder, scripted.url)
        recorder.add(span(1))
        wait_until("the receiver is known to be away", lambda: not exporter.is_up)
        for number in range(2, 7):
            recorder.add(span(number))
        assert exporter.dropped == 2, "three wait, and the first one is being sent"
        server = serve(scripted, scripted.port)
        wait_until("what was kept has arrived", lambda: exporter.sent == 4)
        wait_until("it is reported", lambda: exporter.is_up)
    server.shutdown()
    server.server_close()
    away, back = [record.message for record in caplog.records]
    assert away.startswith("traces: receiver unavailable, spans are kept until the buffer is full")
    assert back == "traces: receiver available again; 2 spans were dropped"


def test_a_receiver_that_hangs_stops_neither_the_work_nor_the_process(
    receiver: Scripted, exporting: Start, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.hangs = True
    recorder = Recorder(most=10)
    exporter = exporting(recorder, receiver.url)
    recorder.add(span(0))
    wait_until("the receiver has the first request", lambda: bool(receiver.bodies))
    for number in range(1, 1_001):
        recorder.add(span(number))
    assert len(recorder) == 10
    assert exporter.dropped == 990
    with caplog.at_level(logging.WARNING):
        exporter.stop(0.01)
    assert caplog.messages == ["traces: stopped before 11 spans were sent"]


def test_the_stop_sends_what_is_left(receiver: Scripted, exporting: Start) -> None:
    recorder = Recorder()
    exporter = exporting(recorder, receiver.url)
    for number in range(1_000):
        recorder.add(span(number))
    exporter.stop(30)
    assert exporter.sent == 1_000
    assert len(receiver.spans) == 1_000


def test_spans_that_the_receiver_rejects_in_part_are_counted(
    receiver: Scripted, exporting: Start
) -> None:
    receiver.answers = [(200, {}, b'{"partialSuccess":{"rejectedSpans":"1"}}')]
    recorder = Recorder()
    recorder.add(span(1))
    recorder.add(span(2))
    exporter = exporting(recorder, receiver.url)
    wait_until("they were sent", lambda: exporter.sent == 1)
    assert exporter.dropped == 1


def test_a_closed_idle_connection_is_no_failure(
    receiver: Scripted, exporting: Start, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [(200, {"Connection": "close"}, b"{}")] * 2
    recorder = Recorder()
    exporter = exporting(recorder, receiver.url)
    with caplog.at_level(logging.WARNING):
        for number in (1, 2, 3):
            recorder.add(span(number))
            wait_until("it was sent", lambda: exporter.sent == number)  # noqa: B023 - now
    assert not caplog.messages


def test_a_span_that_cannot_be_encoded_ends_neither_thread_nor_process(
    receiver: Scripted, exporting: Start
) -> None:
    recorder = Recorder()
    exporter = exporting(recorder, receiver.url)
    recorder.add(span(1, attributes={"broken": object()}))
    wait_until("it was given up", lambda: exporter.dropped == 1)
    recorder.add(span(2))
    wait_until("the next one arrives", lambda: exporter.sent == 1)


def test_no_header_is_in_a_log_or_a_repr(
    receiver: Scripted, exporting: Start, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [(401, {}, b""), (503, {}, b"")]
    recorder = Recorder()
    destination = Destination(receiver.url, headers={"Authorization": f"Bearer {SECRET}"})
    exporter = exporting(recorder, receiver.url, headers=destination.headers)
    with caplog.at_level(logging.DEBUG):
        recorder.add(span(1))
        wait_until("it was refused", lambda: exporter.dropped == 1)
        recorder.add(span(2))
        wait_until("it was accepted", lambda: exporter.sent == 1)
    assert receiver.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in caplog.text
    assert SECRET not in repr(destination)


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        ("7", 7.0),
        ("86400", RETRY_AFTER_SECONDS_MAX),
        ("soon", None),
        (formatdate(0, usegmt=True), 0.0),
        (formatdate(4_102_444_800, usegmt=True), RETRY_AFTER_SECONDS_MAX),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    receiver: Scripted, retry_after: str, expected: float | None
) -> None:
    receiver.answers = [(429, {"Retry-After": retry_after}, b"")]
    with pytest.raises(AwayError) as away:
        Receiver(Destination(receiver.url)).send(b"{}")
    assert away.value.retry_after_seconds == expected


def test_redirects_are_not_followed(receiver: Scripted) -> None:
    receiver.answers = [(307, {"Location": "http://127.0.0.1:1/elsewhere"}, b"")]
    with pytest.raises(RefusedError, match="status 307"):
        Receiver(Destination(receiver.url)).send(b"{}")
