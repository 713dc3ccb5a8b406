"""Signed tokens are accepted or refused as RFC 8725 and RFC 9068 say."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from waybill.clock import ManualClock
from waybill.http.access import admit
from waybill.http.problems import ProblemError
from waybill.http.tokens import TokenAccess
from waybill_toolkit.testing.fake_issuer import FakeIssuer


async def refusal(access: TokenAccess, token: str) -> str:
    with pytest.raises(ProblemError) as refused:
        await access.identify(f"Bearer {token}")
    problem = refused.value.problem
    assert problem.status == 401, problem
    assert dict(problem.headers())["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    return problem.detail


@pytest.mark.parametrize("kid", ["ec", "rsa"])
async def test_caller_is_the_subject_of_its_token(
    access: TokenAccess, issuer: FakeIssuer, kid: str
) -> None:
    authorization = f"Bearer {issuer.token(kid)}"
    principal = await admit(access, authorization, ("orders:read",))

    assert (principal.subject, principal.claims["customer_ref"]) == ("user:1", "alice")
    with pytest.raises(ProblemError) as refused:
        await admit(access, authorization, ("orders:any",))
    assert refused.value.problem.status == 403


@pytest.mark.parametrize(
    "claims",
    [{"scope": ["a", "b"]}, {"scope": None, "scp": "a b"}, {"scope": None, "scp": ["a", "b"]}],
)
async def test_scopes_are_read_in_the_forms_of_other_issuers(
    access: TokenAccess, issuer: FakeIssuer, claims: dict[str, Any]
) -> None:
    principal = await access.identify(f"Bearer {issuer.token(**claims)}")

    assert "a" in principal.scopes
    assert "b" in principal.scopes


NOW: Final = int(datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 60}, "expired"),
        ({"exp": None}, "exp"),
        ({"nbf": NOW + 60}, "not yet valid"),
        ({"iat": NOW + 3_600}, "issued in the future"),
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"aud": "another-application"}, "aud"),
        ({"aud": None}, "aud"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
    ],
)
async def test_token_with_wrong_claims_is_refused(
    access: TokenAccess, issuer: FakeIssuer, claims: dict[str, Any], reason: str
) -> None:
    assert reason in await refusal(access, issuer.token(**claims))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"typ": "JWT"}, "not an access token"),
        ({"typ": "rt+jwt"}, "not an access token"),
        ({"jwk": {"kty": "EC"}}, "its own key"),
        ({"jku": "https://evil.example/keys"}, "its own key"),
        ({"x5u": "https://evil.example/cert"}, "its own key"),
        ({"crit": ["b64"], "b64": True}, "its own key"),
        ({"kid": "unknown"}, "does not have"),
    ],
)
async def test_token_with_a_wrong_header_is_refused(
    access: TokenAccess, issuer: FakeIssuer, header: dict[str, Any], reason: str
) -> None:
    assert reason in await refusal(access, issuer.token(header=header))


async def test_token_without_signature_is_refused(access: TokenAccess, issuer: FakeIssuer) -> None:
    header, payload, _ = issuer.token().split(".")
    none = _encoded({"alg": "none", "typ": "at+jwt", "kid": "ec"})

    assert "must be signed" in await refusal(access, f"{none}.{payload}.")
    assert "not valid" in await refusal(access, f"{header}.{payload}.")


async def test_token_signed_with_the_public_key_as_a_secret_is_refused(
    access: TokenAccess, issuer: FakeIssuer
) -> None:
    public = (
        issuer.keys["rsa"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head = _encoded({"alg": "HS256", "typ": "at+jwt", "kid": "rsa"})
    signed = f"{head}.{issuer.token('rsa').split('.')[1]}"
    digest = hmac.new(public, signed.encode(), hashlib.sha256).digest()

    assert "must be signed" in await refusal(access, f"{signed}.{_base64(digest)}")


async def test_token_of_another_key_is_refused(access: TokenAccess, issuer: FakeIssuer) -> None:
    assert "not valid" in await refusal(
        access, issuer.token(key=ec.generate_private_key(ec.SECP256R1()))
    )
    assert "not valid" in await refusal(access, issuer.token(header={"kid": "rsa"}))


async def test_token_with_a_flipped_bit_is_refused(access: TokenAccess, issuer: FakeIssuer) -> None:
    header, payload, signature = issuer.token().split(".")
    claims = _claims(f"{header}.{payload}.{signature}")
    forged = _encoded({**claims, "customer_ref": "bob"})

    assert "not valid" in await refusal(access, f"{header}.{forged}.{signature}")


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.e30", "é.b.c", "W10.e30.x"])
async def test_text_that_is_no_token_is_refused(access: TokenAccess, token: str) -> None:
    with pytest.raises(ProblemError) as refused:
        await access.identify(f"Bearer {token}")
    assert refused.value.problem.status == 401


async def test_token_that_is_too_long_is_refused(access: TokenAccess, issuer: FakeIssuer) -> None:
    assert "8192 bytes" in await refusal(access, issuer.token(note="x" * 9_000))


async def test_remembered_token_expires(
    access: TokenAccess, issuer: FakeIssuer, clock: ManualClock
) -> None:
    token = issuer.token()
    first = await access.identify(f"Bearer {token}")
    assert await access.identify(f"Bearer {token}") is first

    clock.advance(timedelta(seconds=311))
    assert "expired" in await refusal(access, token)


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "==="))
    return claims


def _encoded(document: object) -> str:
    return _base64(json.dumps(document).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
