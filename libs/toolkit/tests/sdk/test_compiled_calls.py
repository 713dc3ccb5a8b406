"""Calls of the packages for Go and Java, blocking and asynchronous, to a server of tomorrow.

A program of a user is compiled for each language (`programs/`). It prints what it sees as JSON.
"""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from typing_extensions import override

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.compilers import Compiler, why_not
from waybill_toolkit.contracts.sdk.reading import read_public_contract
from waybill_toolkit.contracts.sdk.tomorrow import (
    CODE,
    FIELD,
    HTML,
    PROBLEM,
    RETRY_AFTER_SECONDS,
    STATUS,
    TRACE_ID,
    VALUE,
    TomorrowProxy,
    tomorrow,
)

ROOT: Final = Path(__file__).parents[4]
PROGRAMS: Final = Path(__file__).with_name("programs")
CLIENTS: Final = {"go": ("go", ""), "java": ("java", ""), "java-async": ("java", "async ")}
"""The language of each client, and what its program takes before the address."""
SOURCES: Final = {"go": "calls.go", "java": "Calls.java"}

ORDER_ID: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
API_TRACE_ID: Final = "0" * 31 + "1"
TOTAL: Final = {"amount_minor": 255, "currency": "GBP"}
ORDER: Final = {
    "order_id": ORDER_ID, "customer_ref": "c", "status": "placed",
    "lines": [], "total": TOTAL,
    "placed_at": "2026-11-22T06:00:00Z", "updated_at": "2026-11-22T06:00:00Z",
}  # fmt: skip
BEARER: Final = "tok_of_the_caller"


class Api(ThreadingHTTPServer):
    """The orders of today: one order for each Idempotency-Key, which is confirmed at once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def do_POST(self) -> None:
        self.server.keys.add(str(self.headers["idempotency-key"]))
        self._send(201, ORDER)

    def do_GET(self) -> None:
        confirmed = {**ORDER, "status": "confirmed"}
        is_one = ORDER_ID in self.path
        self._send(200, confirmed if is_one else {"items": [confirmed], "next_cursor": None})

    def _send(self, status: int, value: object) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Trace-Id", API_TRACE_ID)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The commands of the programs by language, as far as they have been compiled."""
    contract = read_public_contract(Repository(ROOT))
    commands: dict[str, list[str]] = {}
    for language, source in SOURCES.items():
        if why_not(language):
            continue
        folder = tmp_path_factory.mktemp(f"calls-{language}")
        (folder / "package").mkdir()
        (folder / "programs").mkdir()
        write(language, contract, folder / "package")
        compiler = Compiler(language, folder / "package", folder / "programs")
        compiler.check()
        commands[language] = compiler.compile("calls", (PROGRAMS / source).read_text())
    return commands


class Client:
    """The program of one client. It is started once, and again for another environment."""

    def __init__(self, command: list[str], prefix: str) -> None:
        self._command, self._prefix = command, prefix
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, encoding="utf-8")

    def call(self, address: str, scenario: str) -> dict[str, Any]:
        """Return what the program saw."""
        return self._ask(self._process, address, scenario)

    def call_in_new_process(self, address: str, scenario: str) -> dict[str, Any]:
        """The same, with the environment variables of now."""
        process = self._start()
        try:
            return self._ask(process, address, scenario)
        finally:
            process.communicate()

    def close(self) -> None:
        """End the program."""
        self._process.communicate()

    def _ask(self, process: subprocess.Popen[str], address: str, scenario: str) -> dict[str, Any]:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{self._prefix}{address}\t{scenario}\n")
        process.stdin.flush()
        found: dict[str, Any] = json.loads(process.stdout.readline())
        return found


@pytest.fixture(scope="module", params=sorted(CLIENTS))
def client(request: pytest.FixtureRequest, compiled: dict[str, list[str]]) -> Iterator[Client]:
    language, prefix = CLIENTS[request.param]
    if reason := why_not(language):
        pytest.skip(f"{reason}; the SDK for {language} is tried where it is")
    client = Client(compiled[language], prefix)
    yield client
    client.close()


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def proxy(api: Api) -> Iterator[TomorrowProxy]:
    with tomorrow(api.address) as proxy:
        yield proxy


def test_unknown_values_and_fields_are_passed_on(client: Client, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("newer"), "read")

    assert (seen["status"], seen["known"], seen["listed"]) == (STATUS, False, [STATUS])
    assert seen["extra"] == seen["total_extra"] == {FIELD: VALUE}
    assert json.loads(seen["written"]) == {
        **ORDER,
        "status": STATUS,
        "total": {**TOTAL, FIELD: VALUE},
        FIELD: VALUE,
    }


def test_a_known_value_is_known(client: Client, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("today"), "read")

    assert (seen["status"], seen["known"], seen["listed"]) == ("confirmed", True, ["confirmed"])
    assert not seen["extra"]


def test_following_goes_on_after_an_unknown_status(client: Client, proxy: TomorrowProxy) -> None:
    assert client.call(proxy.at("later"), "follow")["status"] == "confirmed"
    assert len(proxy.received) == 3


def test_following_ends_with_the_last_state_after_the_timeout(
    client: Client, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("newer"), "follow")

    assert (seen["kind"], seen["state"], seen["last"]) == ("not final", STATUS, STATUS)
    assert seen.get("deadline", True)
    assert (seen["method"], seen["path"], seen["status"]) == ("GET", f"/v1/orders/{ORDER_ID}", 200)
    assert json.loads(seen["body"])["status"] == STATUS


def test_an_unknown_code_of_a_refusal_is_the_base_class(
    client: Client, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("refused"), "follow")

    assert (seen["kind"], seen["code"], seen["extra"]) == ("refused", CODE, {FIELD: VALUE})
    assert "moon_phase: Not tonight. (status 200" in seen["text"]
    assert json.loads(seen["body"])["rejection"]["code"] == CODE


def test_an_unknown_problem_type_is_the_base_class_with_its_fields(
    client: Client, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("problem"), "place_once")

    assert (seen["kind"], seen["slug"], seen["detail"]) == ("problem", "gift-wrapped", "D")
    assert seen["extra"] == {"wrap": VALUE}
    assert json.loads(seen["body"])["type"] == PROBLEM


def test_a_problem_with_missing_and_wrong_fields_is_an_error_with_everything(
    client: Client, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("incomplete"), "place_once")

    assert (seen["kind"], seen["slug"], seen["status"]) == ("problem", "unknown-sku", 422)
    assert seen["extra"] == {"sku": 5}
    assert (seen["method"], seen["path"], seen["key"]) == ("POST", "/v1/orders", "mine")
    assert seen["type"] == "application/problem+json"
    for part in ("unknown-sku", "status 422", f"trace {TRACE_ID}", "idempotency key mine"):
        assert part in seen["text"]


def test_an_answer_of_a_proxy_is_an_error_with_everything(
    client: Client, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("html"), "place")

    assert (seen["kind"], seen["attempts"], seen["status"]) == ("unreadable", 3, 502)
    assert (seen["type"], seen["body"], seen["trace"]) == ("text/html", HTML.decode(), TRACE_ID)
    assert {each.headers["idempotency-key"] for each in proxy.received} == {seen["key"]}
    assert f"status 502, trace {TRACE_ID}, idempotency key {seen['key']}" in seen["text"]


def test_retry_after_is_waited_for(client: Client, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("busy"), "place")

    assert [each["status"] for each in seen["events"]] == [429, 201]
    assert len({each.headers["idempotency-key"] for each in proxy.received}) == 1
    assert RETRY_AFTER_SECONDS > 0


@pytest.mark.parametrize("mode", ["cut", "garbled"])
def test_one_order_is_placed_when_a_call_is_repeated_with_the_key_of_its_error(
    client: Client, api: Api, proxy: TomorrowProxy, mode: str
) -> None:
    seen = client.call(proxy.at(mode), "place_twice")

    assert (seen["status"], seen["failed"]) == ("placed", True)
    assert len(proxy.received) == 2
    assert len(api.keys) == 1


def test_an_order_with_an_unknown_status_is_placed_at_the_first_attempt(
    client: Client, api: Api, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("newer"), "place_twice")

    assert (seen["status"], seen["failed"]) == (STATUS, False)
    assert len(api.keys) == len(proxy.received) == 1


def test_an_error_without_an_answer_has_the_key(client: Client, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("cut"), "place_once")

    assert (seen["kind"], seen["key"], seen["attempts"]) == ("no answer", "mine", 1)
    assert (seen["status"], seen["body"]) == (0, "")
    assert [(each["status"], each["failed"]) for each in seen["events"]] == [(0, True)]


def test_a_change_that_cannot_be_repeated_is_sent_once(
    client: Client, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("html"), "set_price")

    assert (seen["attempts"], seen["key"], len(proxy.received)) == (1, "", 1)
    assert proxy.received[0].path == "/v1/variants/A%20B%2FC/price"


def test_a_call_has_its_own_timeout(client: Client, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("slow"), "hurry")

    assert (seen["kind"], seen["attempts"]) == ("no answer", 1)


def test_options_are_sent_and_the_response_is_available(
    client: Client, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("today"), "options")

    assert (seen["status"], seen["http"], seen["trace"]) == ("confirmed", 200, API_TRACE_ID)
    assert seen["type"] == "application/json"
    assert json.loads(seen["body"]) == {**ORDER, "status": "confirmed"}
    [received] = proxy.received
    assert received.headers["user-agent"].endswith("/1.0.0 shop/2.1")
    assert (received.headers["x-shop"], received.headers["x-call"]) == ("north", "7")
    assert seen["events"] == [
        {
            "method": "GET", "path": f"/v1/orders/{ORDER_ID}", "attempt": 1, "status": 200,
            "trace": API_TRACE_ID, "failed": False, "took": True,
        }
    ]  # fmt: skip


def test_address_and_token_come_from_the_environment_and_the_token_is_in_no_text(
    client: Client, proxy: TomorrowProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_BASE_URL", proxy.at("html"))
    monkeypatch.setenv("WAYBILL_TOKEN", BEARER)

    seen = client.call_in_new_process("", "read")

    assert {each.headers["authorization"] for each in proxy.received} == {f"Bearer {BEARER}"}
    assert seen["kind"] == "unreadable"
    assert BEARER not in json.dumps(seen)


@pytest.mark.parametrize("token", ["a\nb", "tok\x7f"])
def test_a_token_that_no_header_can_have_is_refused_without_showing_it(
    client: Client, proxy: TomorrowProxy, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("WAYBILL_TOKEN", token)

    seen = client.call_in_new_process(proxy.at("today"), "read")

    assert seen["text"].endswith("the token has a character that no header can have")
    assert not proxy.received


def test_a_client_without_an_address_says_what_to_do(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAYBILL_BASE_URL", raising=False)

    assert "set WAYBILL_BASE_URL" in client.call_in_new_process("", "read")["text"]


def test_a_key_is_refused_by_an_operation_that_takes_none(
    client: Client, proxy: TomorrowProxy
) -> None:
    assert "takes no idempotency key" in client.call(proxy.at("today"), "wrong_key")["text"]
    assert not proxy.received


def test_an_own_http_client_sends_the_requests(client: Client, api: Api) -> None:
    assert client.call(api.address, "own_client")["http"] == 200
