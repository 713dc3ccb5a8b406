"""Access tokens for the brokers: from a file, and from an issuer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from waybill.kafka.errors import BrokerRefusedError, BrokerUnavailableError
from waybill.kafka.tokens import ClientCredentials, TokenFile
from waybill_toolkit.platform.ports import free_port

Answers = list[tuple[int, str]]


@pytest.fixture
def asked() -> list[tuple[str, str]]:
    """Return the Authorization header and body of each request."""
    return []


@pytest.fixture
def answers() -> Answers:
    return []


@pytest.fixture
def endpoint(asked: list[tuple[str, str]], answers: Answers) -> Iterator[str]:
    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            asked.append((self.headers["authorization"], body))
            status, content = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/token"
    server.shutdown()
    server.server_close()
    thread.join()


def credentials(endpoint: str) -> ClientCredentials:
    return ClientCredentials(endpoint, "orders", "a secret", "kafka")


async def test_file_is_read_again_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    for token in ("one", "two"):
        file.write_text(f"{token}\n")
        assert await TokenFile(file).token() == token


@pytest.mark.parametrize("content", [None, "", "\n", "töken"])
async def test_file_without_a_token_names_the_setting(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BrokerRefusedError, match="WAYBILL_KAFKA_SASL_TOKEN_FILE"):
        await TokenFile(file).token()


async def test_token_is_fetched_once_while_it_is_valid(
    endpoint: str, asked: list[tuple[str, str]], answers: Answers
) -> None:
    answers += [
        (200, '{"access_token": "short", "expires_in": 0}'),
        (200, '{"access_token": "long", "expires_in": 300}'),
    ]
    tokens = credentials(endpoint)
    assert [await tokens.token() for _ in range(3)] == ["short", "long", "long"]
    basic = "Basic b3JkZXJzOmEgc2VjcmV0"
    assert asked == [(basic, "grant_type=client_credentials&scope=kafka")] * 2


@pytest.mark.parametrize(
    ("status", "content"), [(401, '{"error": "invalid_client"}'), (200, "no JSON"), (200, "{}")]
)
async def test_issuer_that_gives_no_token_is_a_refusal_that_names_the_settings(
    endpoint: str, answers: Answers, status: int, content: str
) -> None:
    answers.append((status, content))
    with pytest.raises(BrokerRefusedError, match="check WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT"):
        await credentials(endpoint).token()


async def test_issuer_that_is_away_is_no_refusal(endpoint: str, answers: Answers) -> None:
    answers.append((503, ""))
    with pytest.raises(BrokerUnavailableError, match="answers 503"):
        await credentials(endpoint).token()
    with pytest.raises(BrokerUnavailableError, match="does not answer"):
        await credentials(f"http://127.0.0.1:{free_port()}/token").token()
