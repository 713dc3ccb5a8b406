"""The access tokens of the clients for TypeScript, Go and Java.

Those for Python are in `test_python_tokens.py`. The programs are in `programs/`.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.sdk.guarded_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    GuardedApi,
    TokenRequest,
)

MANY: Final = 20
FORM: Final = {"grant_type": "client_credentials"}

Call = Callable[[str], dict[str, Any]]


def test_one_token_is_fetched_when_many_calls_begin_at_once(call: Call, api: GuardedApi) -> None:
    api.holds_first = True

    assert call("many") == {"statuses": ["confirmed"] * (MANY + 1)}

    assert api.asked == [TokenRequest("/oauth/token", FORM, (CLIENT_ID, CLIENT_SECRET))]
    assert api.used == ["token-1"] * (MANY + 1)


def test_one_token_is_fetched_when_many_calls_are_refused(call: Call, api: GuardedApi) -> None:
    api.uses_left = 1

    assert call("once_and_many") == {"statuses": ["confirmed"] * (MANY + 1)}

    assert len(api.asked) == 2
    assert (api.used[0], api.used[-1]) == ("token-1", "token-2")


def test_a_call_fails_when_the_second_token_is_refused_too(call: Call, api: GuardedApi) -> None:
    api.answer.is_accepted = False

    found = call("once")

    assert found["error"] in {"UnauthenticatedError", "*waybill.UnauthenticatedError"} | {
        "UnauthenticatedException"
    }
    assert api.used == ["token-1", "token-2"]


@pytest.mark.parametrize(("expires_in", "fetches"), [(0, 2), (10, 2), (300, 1), (None, 1)])
def test_a_token_is_fetched_anew_shortly_before_it_expires(
    call: Call, api: GuardedApi, expires_in: int | None, fetches: int
) -> None:
    api.answer.expires_in = expires_in

    call("twice")

    assert len(api.asked) == fetches
    assert api.used == ["token-1", f"token-{fetches}"]


def test_an_error_of_the_token_endpoint_is_an_own_error_without_the_secret(
    call: Call, api: GuardedApi
) -> None:
    description = f"unknown: {CLIENT_SECRET}"
    api.answer.status = 401
    api.answer.body = {"error": "invalid_client", "error_description": description}

    found = call("once")

    assert (found["error"], found["code"], found["attempts"]) == ("token", "invalid_client", 1)
    text = f"no access token: {api.address}/oauth/token: status 401, invalid_client, unknown: ***"
    assert text in found["text"]
    assert CLIENT_SECRET not in str(found)
    assert api.used == []


def test_a_call_is_retried_when_the_token_endpoint_is_unavailable(
    call: Call, api: GuardedApi
) -> None:
    api.answer.temporary_failures = 2

    assert call("once") == {"statuses": ["confirmed"]}

    assert (len(api.asked), api.used) == (3, ["token-3"])


def test_the_token_endpoint_has_no_answer_when_nobody_listens(call: Call, api: GuardedApi) -> None:
    found = call("unreachable")

    assert found["error"] == "token"
    assert found["attempts"] > 1
    assert "no access token: http://127.0.0.1:9/token: " in found["text"]
    assert api.used == []


@pytest.mark.parametrize("body", [{"access_token": None}, {"token_type": "DPoP"}])
def test_an_answer_without_a_bearer_token_is_an_error(
    call: Call, api: GuardedApi, body: dict[str, Any]
) -> None:
    api.answer.body = body

    found = call("once")

    assert (found["error"], found["attempts"]) == ("token", 1)
    assert "the response has no bearer token" in found["text"]


def test_scope_and_token_endpoint_are_those_that_are_given(call: Call, api: GuardedApi) -> None:
    assert call("scoped") == {"statuses": ["confirmed"]}

    form = {**FORM, "scope": "orders:read a"}
    assert api.asked == [TokenRequest("/realms/shop/token", form, ("shop", "s"))]


def test_a_provider_is_asked_again_once_when_its_token_is_refused(
    call: Call, api: GuardedApi
) -> None:
    api.valid = "new"

    assert call("provider") == {"statuses": ["confirmed"], "asked": [None, "old"]}

    assert (api.used, api.asked) == (["old", "new"], [])


def test_a_request_is_sent_once_when_the_provider_has_no_other_token(
    call: Call, api: GuardedApi
) -> None:
    assert "Unauthenticated" in call("stubborn")["error"]

    assert api.used == ["old"]


def test_a_provided_token_that_cannot_be_sent_is_refused_without_its_text(
    call: Call, api: GuardedApi
) -> None:
    found = call("unsendable")

    assert found["text"].endswith("the token has a character that a header cannot have")
    assert "X: 1" not in str(found)
    assert api.used == []


def test_the_own_authorization_of_a_client_is_kept(call: Call, api: GuardedApi) -> None:
    api.valid = "mine"

    assert call("own") == {"statuses": ["confirmed"]}

    assert (api.used, api.asked) == (["mine"], [])


@pytest.mark.parametrize("missing", ["WAYBILL_CLIENT_ID", "WAYBILL_CLIENT_SECRET"])
def test_half_of_the_credentials_is_refused_when_they_come_from_the_environment(
    call: Call, api: GuardedApi, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)

    text = "set both WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET, or neither"
    assert call("once")["text"].endswith(text)
    assert (api.used, api.asked) == ([], [])


def test_a_token_of_the_environment_is_preferred_to_credentials(
    call: Call, api: GuardedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_TOKEN", "mine")
    api.valid = "mine"

    call("once")

    assert (api.used, api.asked) == (["mine"], [])


@pytest.mark.parametrize("call", ["go", "java"], indirect=True)
def test_the_text_of_credentials_and_tokens_has_no_secret(call: Call) -> None:
    assert "t0p" not in call("printed")["all"]
