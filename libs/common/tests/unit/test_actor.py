"""Actors as text and as the headers of the CloudEvents auth context."""

import pytest

from waybill.actor import ANYBODY, SYSTEM, Kind, actor_of, decode_actor, encode_actor
from waybill.http.access import ANYBODY as OPEN
from waybill.http.access import NOBODY, Principal


@pytest.mark.parametrize(
    ("actor", "headers"),
    [
        ("user:1", {"ce_authtype": b"user", "ce_authid": b"user:1"}),
        ("service:shop", {"ce_authtype": b"service_account", "ce_authid": b"service:shop"}),
        (SYSTEM, {"ce_authtype": b"system"}),
        (ANYBODY, {"ce_authtype": b"unauthenticated"}),
        (None, {}),
    ],
)
def test_an_actor_comes_back_as_it_was_sent(actor: str | None, headers: dict[str, bytes]) -> None:
    assert dict(encode_actor(actor)) == headers
    assert decode_actor(headers) == actor


@pytest.mark.parametrize(
    "headers",
    [
        {"ce_authid": b"user:1"},
        {"ce_authtype": b"user"},
        {"ce_authtype": b"robot", "ce_authid": b"user:1"},
        {"ce_authtype": b"service_account", "ce_authid": b"user:1"},
        {"ce_authtype": b"user", "ce_authid": b"1"},
        {"ce_authtype": b"user", "ce_authid": b"user:\xff"},
        {"ce_authtype": b"user", "ce_authid": b"user:a\0b"},
        {"ce_authtype": b"user", "ce_authid": b"user:a\n"},
        {"ce_authtype": b"user", "ce_authid": b"user:" + b"x" * 256},
    ],
)
def test_an_actor_is_unknown_when_its_headers_are_malformed(headers: dict[str, bytes]) -> None:
    assert decode_actor(headers) is None


@pytest.mark.parametrize(
    ("subject", "kind", "actor"),
    [
        ("user:1", "service", "user:1"),
        ("service:shop", "user", "service:shop"),
        ("shop", "service", "service:shop"),
        ("auth0|42", "user", "user:auth0|42"),
        ("system", "service", "service:system"),
        ("Zoë\0 B", "user", "user:Zo%C3%AB%00%20B"),
    ],
)
def test_a_subject_without_a_kind_gets_that_of_its_access(
    subject: str, kind: Kind, actor: str
) -> None:
    assert actor_of(subject, kind) == actor
    assert decode_actor(dict(encode_actor(actor))) == actor


def test_a_caller_is_a_service_unless_its_subject_says_otherwise() -> None:
    assert Principal("shop", ()).actor == "service:shop"
    assert Principal("user:1", ()).actor == "user:1"
    assert {OPEN.actor, NOBODY.actor} == {ANYBODY}
