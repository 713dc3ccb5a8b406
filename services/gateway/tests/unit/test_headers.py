import pytest

from gateway.headers import RawHeaders, to_client, to_service
from waybill import trace
from waybill.http.problems import ProblemError

HERE = trace.TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
ADDED = [("traceparent", HERE.traceparent), ("via", "1.1 waybill")]


def _passed(*headers: tuple[bytes, bytes]) -> list[tuple[str, str]]:
    return to_service(list(headers), HERE)[: -len(ADDED)]


def test_what_is_for_the_service_goes_on_in_its_order_and_as_often_as_it_came() -> None:
    headers = [(b"x-b", b"1"), (b"authorization", b"Bearer x"), (b"x-b", b"2"), (b"accept", b"")]

    assert _passed(*headers) == [(name.decode(), value.decode()) for name, value in headers]


@pytest.mark.parametrize(
    "name",
    [
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "traceparent",
        "transfer-encoding",
        "upgrade",
    ],
)
def test_what_is_for_this_connection_goes_no_further(name: str) -> None:
    assert _passed((name.encode(), b"x")) == []


def test_what_connection_names_goes_no_further() -> None:
    headers = [(b"connection", b"close, X-Mine"), (b"x-mine", b"1"), (b"x-yours", b"2")]

    assert _passed(*headers) == [("x-yours", "2")]
    assert to_client(headers, 200) == [(b"x-yours", b"2")]


def test_the_service_gets_the_trace_of_this_request() -> None:
    parent = (b"traceparent", HERE.child().traceparent.encode())

    assert to_service([parent, (b"tracestate", b"a=1")], HERE) == [("tracestate", "a=1"), *ADDED]


@pytest.mark.parametrize("headers", [[], [(b"traceparent", b"nonsense")]])
def test_a_tracestate_without_its_traceparent_goes_no_further(headers: RawHeaders) -> None:
    assert to_service([*headers, (b"tracestate", b"a=1")], HERE) == ADDED


def test_bytes_go_on_as_they_are_when_they_are_utf_8() -> None:
    assert _passed((b"x-name", "Zoë".encode())) == [("x-name", "Zoë")]


def test_a_request_is_refused_when_its_headers_could_not_go_on_as_they_are() -> None:
    with pytest.raises(ProblemError, match="UTF-8"):
        _passed((b"idempotency-key", b"caf\xe9"))


def test_the_client_gets_what_the_service_says_of_the_resource() -> None:
    headers = [(b"ETag", b'"1"'), (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b"), (b"X-N", b"\xe9")]

    assert to_client(headers, 200) == [(name.lower(), value) for name, value in headers]


def test_the_client_gets_no_second_date_or_trace_id() -> None:
    headers = [(b"Date", b"x"), (b"X-Trace-Id", b"x"), (b"Transfer-Encoding", b"chunked")]

    assert to_client(headers, 200) == []


@pytest.mark.parametrize("status", [204, 304])
def test_no_length_is_promised_where_there_is_no_body(status: int) -> None:
    assert to_client([(b"Content-Length", b"5"), (b"ETag", b"x")], status) == [(b"etag", b"x")]
