"""The options and the errors of the Python client, and its fake API."""

import logging
import pickle
import socket
from importlib import import_module
from typing import Any, Final

import httpx
import pytest

SALE_ID: Final = "0192f0c1-2d3e-7f00-8000-000000000001"
SALE: Final = {
    "sale_id": SALE_ID,
    "state": "open",
    "price": {"amount_minor": 255, "currency": "GBP"},
    "sold_at": "2026-01-02T03:04:05Z",
    "next": None,
}
SECRET: Final = "t0p-secret"  # noqa: S105 (of nobody)
TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def api(client: Any) -> Any:
    return import_module("waybill_client.testing").FakeApi()


def sell(client: Any, **fields: Any) -> Any:
    return client.models.Sell(sku="a", pay=client.models.Cash(kind="cash"), **fields)


def sends(client: Any, **options: Any) -> httpx.Request:
    """Return the request of a client with these options."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=SALE)

    http = httpx.Client(transport=httpx.MockTransport(answer), headers={"User-Agent": "theirs"})
    client.Client(**options, http_client=http).shop.get_sale(SALE_ID)
    assert not http.is_closed
    return asked[0]


def test_address_and_token_come_from_the_environment_unless_they_are_given(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_BASE_URL", "http://of-environment/")
    monkeypatch.setenv("WAYBILL_TOKEN", SECRET)

    found, given = sends(client), sends(client, base_url="http://given", token="")

    assert (found.url.host, found.headers["Authorization"]) == (
        "of-environment",
        f"Bearer {SECRET}",
    )
    assert (given.url.host, given.headers.get("Authorization")) == ("given", None)


@pytest.mark.parametrize("address", [None, "", "shop.test"])
def test_a_client_without_an_address_says_what_to_do(
    client: Any, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    monkeypatch.delenv("WAYBILL_BASE_URL", raising=False)

    with pytest.raises(ValueError, match="pass base_url or set WAYBILL_BASE_URL"):
        client.Client(address)


def test_every_request_has_the_headers_of_the_client_and_its_user_agent(client: Any) -> None:
    asked = sends(client, base_url="http://shop", headers={"X-Own": "1"}, user_agent="shop/2.1")

    assert asked.headers["X-Own"] == "1"
    assert asked.headers.get_list("User-Agent")[0].startswith(f"waybill-python/{client.VERSION} ")
    assert asked.headers["User-Agent"].endswith(" shop/2.1")


def test_two_calls_have_two_keys_whatever_the_headers_of_the_client_are(
    client: Any, api: Any
) -> None:
    api.answer("sell", SALE, SALE, status=201)
    http = httpx.Client(transport=httpx.MockTransport(api))
    same = {"idempotency-key": "the same"}
    waybill = client.Client("http://shop", http_client=http, headers=same)

    for _ in range(2):
        waybill.shop.sell(sell(client))

    first, second = (each.headers.get_list("Idempotency-Key") for each in api.requests)
    assert (len(first), len(second)) == (1, 1)
    assert first != second


def test_the_authentication_of_an_own_http_client_is_used(client: Any, api: Any) -> None:
    api.answer("get_sale", SALE)
    http = httpx.Client(transport=httpx.MockTransport(api), auth=("user", "secret"))

    client.Client("http://shop", http_client=http).shop.get_sale(SALE_ID)

    assert api.requests[0].headers["Authorization"].startswith("Basic ")


def test_a_call_has_its_own_timeout(client: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waybill = client.Client(f"http://127.0.0.1:{silent.getsockname()[1]}")
        own = client.CallOptions(timeout_seconds=0.05, retries=client.NO_RETRIES)
        with pytest.raises(client.errors.NoAnswerError, match="ReadTimeout"):
            waybill.shop.get_sale(SALE_ID, options=own)


def test_attempts_are_logged_without_secrets(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "waybill_client"):
        sends(client, base_url="http://shop", token=SECRET)

    [line] = [each.getMessage() for each in caplog.records if each.name == "waybill_client"]
    assert line.startswith(f"GET /v1/sales/{SALE_ID}: 200, attempt 1, ")
    assert SECRET not in line


def test_an_error_has_the_request_and_the_whole_response(client: Any, api: Any) -> None:
    body = {"type": "urn:waybill:problem:sold-out", "left": "none", "title": None}
    api.answer("sell", body, status=409, headers={"X-Trace-Id": TRACE_ID, "X-Own": "1"})

    with pytest.raises(client.errors.Problem) as refused:
        api.client().shop.sell(sell(client), idempotency_key="mine")

    error = refused.value
    assert type(error) is client.errors.Problem
    assert (error.method, error.path, error.status) == ("POST", "/v1/sales", 409)
    assert (error.idempotency_key, error.trace_id, error.attempts) == ("mine", TRACE_ID, 1)
    assert (error.headers["x-own"], error.document) == ("1", body)
    assert b"sold-out" in error.body
    assert str(error) == (
        "error response (type urn:waybill:problem:sold-out, POST /v1/sales, status 409,"
        f" Idempotency-Key mine, trace id {TRACE_ID})"
    )


def test_a_body_that_cannot_be_read_has_the_key_to_repeat_the_request(
    client: Any, api: Any
) -> None:
    api.answer("sell", {**SALE, "price": "free"}, status=201)

    with pytest.raises(client.errors.UnexpectedAnswerError, match="price") as failed:
        api.client().shop.sell(sell(client))

    assert failed.value.idempotency_key == api.requests[0].headers["Idempotency-Key"]
    assert (failed.value.status, b"free" in failed.value.body) == (201, True)


def test_no_error_has_the_token(client: Any) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        assert SECRET in request.headers["Authorization"]
        raise httpx.ReadError("cut")

    http = httpx.Client(transport=httpx.MockTransport(fail))
    waybill = client.Client(
        "http://shop", token=SECRET, retries=client.NO_RETRIES, http_client=http
    )
    with pytest.raises(client.errors.NoAnswerError) as failed:
        waybill.shop.get_sale(SALE_ID)

    assert SECRET not in f"{failed.value} {vars(failed.value)}"


def test_a_token_that_cannot_be_sent_is_refused_without_its_text(client: Any) -> None:
    sent = sends(client, base_url="http://shop", token=f"{SECRET}\n")
    assert sent.headers["Authorization"] == f"Bearer {SECRET}"

    for token in (f"{SECRET}\nX-Injected: 1", f"{SECRET}é"):
        with pytest.raises(ValueError, match="a character that a header cannot have") as refused:
            client.Client("http://shop", token=token)
        assert SECRET not in str(refused.value)


def test_an_error_can_be_pickled(client: Any, api: Any) -> None:
    api.refuse("sell", client.errors.SoldOut, sku="a", left=0, tried=[], detail="Gone.")
    with pytest.raises(client.errors.SoldOut) as refused:
        api.client().shop.sell(sell(client))

    copy = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 (our own)

    assert (type(copy), str(copy)) == (client.errors.SoldOut, str(refused.value))
    assert (copy.left, copy.detail, copy.idempotency_key) == (
        *(0, "Gone.", refused.value.idempotency_key),
    )


def test_the_fake_api_answers_in_order_and_records_requests(client: Any, api: Any) -> None:
    api.answer("get_sale", SALE, {**SALE, "state": "closed"})
    api.fail("sell")
    api.answer("sell", SALE, status=201)

    with api.client() as waybill:
        states = [waybill.shop.get_sale(SALE_ID, tag=["x"]).state for _ in range(2)]
        waybill.shop.sell(sell(client))

    assert states == ["open", "closed"]
    assert [each.operation for each in api.requests] == ["get_sale", "get_sale", "sell", "sell"]
    assert (api.requests[0].query, api.requests[2].body["sku"]) == ({"tag": "x"}, "a")


async def test_the_fake_api_answers_an_async_client(api: Any) -> None:
    api.answer("get_sale", SALE)

    async with api.async_client() as waybill:
        assert (await waybill.shop.get_sale(SALE_ID)).state == "open"


def test_the_fake_api_fails_on_what_nobody_prepared(client: Any, api: Any) -> None:
    with pytest.raises(AssertionError, match=r"no answer is prepared for get_sale"):
        api.client().shop.get_sale(SALE_ID)
    with pytest.raises(ValueError, match="there is no operation 'sel'; choose one of "):
        api.answer("sel", SALE)
    with pytest.raises(ValueError, match="SoldOut has the fields sku, left, tried"):
        api.refuse("sell", client.errors.SoldOut)
