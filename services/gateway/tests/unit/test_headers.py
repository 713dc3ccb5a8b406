import pytest

from gateway.headers import RawHeaders, to_client, to_service
from waybill import trace
from waybill.http.problems import ProblemError

HERE = trace.TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
ADDED = [("traceparent", HERE.traceparent), ("via", "1.1 waybill")]


def _passed(*headers: tuple[bytes, bytes]) -> list[tuple[str, str]]:
    return to_service(list(headers), HERE)[: -len(ADDED)]


def test_end_to_end_headers_are_forwarded_with_order_and_repetition() -> None:
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
def test_hop_by_hop_headers_are_not_forwarded(name: str) -> None:
    assert _passed((name.encode(), b"x")) == []


@pytest.mark.parametrize(
    "name", ["forwarded", "x-auth-request-user", "x-forwarded-for", "x-user-id", "x-scopes"]
)
def test_headers_that_name_the_caller_are_not_forwarded(name: str) -> None:
    assert _passed((name.encode(), b"admin")) == []


def test_headers_that_connection_lists_are_not_forwarded() -> None:
    headers = [(b"connection", b"close, X-Mine"), (b"x-mine", b"1"), (b"x-yours", b"2")]

    assert _passed(*headers) == [("x-yours", "2")]
    assert to_client(headers, 200) == [(b"x-yours", b"2")]


def test_the_service_gets_the_trace_of_this_request() -> None:
    parent = (b"traceparent", HERE.child().traceparent.encode())

    assert to_service([parent, (b"tracestate", b"a=1")], HERE) == [("tracestate", "a=1"), *ADDED]


@pytest.mark.parametrize("headers", [[], [(b"traceparent", b"nonsense")]])
def test_a_tracestate_without_a_traceparent_is_not_forwarded(headers: RawHeaders) -> None:
    assert to_service([*headers, (b"tracestate", b"a=1")], HERE) == ADDED


def test_utf_8_header_values_are_forwarded_unchanged() -> None:
    assert _passed((b"x-name", "Zoë".encode())) == [("x-name", "Zoë")]


def test_a_request_is_refused_when_a_header_value_is_not_utf_8() -> None:
    with pytest.raises(ProblemError, match="UTF-8"):
        _passed((b"idempotency-key", b"caf\xe9"))


def test_response_headers_of_the_service_are_returned() -> None:
    headers = [(b"ETag", b'"1"'), (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b"), (b"X-N", b"\xe9")]

    assert to_client(headers, 200) == [(name.lower(), value) for name, value in headers]


def test_the_response_has_one_date_and_one_trace_id() -> None:
    headers = [(b"Date", b"x"), (b"X-Trace-Id", b"x"), (b"Transfer-Encoding", b"chunked")]

    assert to_client(headers, 200) == []


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body_has_no_content_length(status: int) -> None:
    assert to_client([(b"Content-Length", b"5"), (b"ETag", b"x")], status) == [(b"etag", b"x")]
