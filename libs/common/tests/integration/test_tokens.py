"""Signed tokens of an issuer, made and published by another implementation than the one that
verifies them (PyJWT and the standard library).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr
from typing_extensions import override

from waybill.clock import ManualClock, SystemClock
from waybill.http.access import admit
from waybill.http.issuer_keys import IssuerError, IssuerKeys
from waybill.http.problems import ProblemError
from waybill.http.tokens import TokenAccess
from waybill.process.admission import admission_of
from waybill.process.settings import Settings
from waybill_toolkit.testing.eventually import eventually

START: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)
AUDIENCE: Final = "waybill"
EC: Final = ec.generate_private_key(ec.SECP256R1())
RSA: Final = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
OTHER: Final = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Issuer:
    """An issuer that publishes its metadata and its keys over HTTP."""

    keys: dict[str, Any] = field(default_factory=lambda: {"ec": EC, "rsa": RSA})
    name: str = ""
    is_away: bool = False
    reads: int = 0

    def answer(self, path: str) -> object:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.name, "jwks_uri": f"{self.name}/keys"}
        self.reads += 1
        return {"keys": [_public(name, key) for name, key in self.keys.items()]}

    def token(self, kid: str = "ec", *, header: Any = None, key: Any = None, **claims: Any) -> str:
        now = int(START.timestamp())
        usual = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": "user:1",
            "iat": now,
            "exp": now + 300,
            "scope": "orders:read orders:write",
            "customer_ref": "alice",
        }
        body = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        algorithm = "RS256" if kid == "rsa" else "ES256"
        fields = {"kid": kid, "typ": "at+jwt", **(header or {})}
        return jwt.encode(body, key or self.keys.get(kid, EC), algorithm, fields)


def _public(kid: str, key: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if kid == "rsa" else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(503 if issuer.is_away else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.name = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield issuer
        server.shutdown()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest_asyncio.fixture
async def keys(issuer: Issuer, clock: ManualClock) -> AsyncIterator[IssuerKeys]:
    keys = IssuerKeys(issuer.name, clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(keys.run(stop))
        yield keys
        stop.set()


@pytest.fixture
def access(keys: IssuerKeys, issuer: Issuer, clock: ManualClock) -> TokenAccess:
    return TokenAccess(keys, issuer.name, AUDIENCE, clock)


async def refusal(access: TokenAccess, token: str) -> str:
    with pytest.raises(ProblemError) as refused:
        await access.identify(f"Bearer {token}")
    problem = refused.value.problem
    assert problem.status == 401, problem
    assert dict(problem.headers())["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    return problem.detail


@pytest.mark.parametrize("kid", ["ec", "rsa"])
async def test_caller_is_the_subject_of_its_token(
    access: TokenAccess, issuer: Issuer, kid: str
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
    access: TokenAccess, issuer: Issuer, claims: dict[str, Any]
) -> None:
    principal = await access.identify(f"Bearer {issuer.token(**claims)}")

    assert "a" in principal.scopes
    assert "b" in principal.scopes


NOW: Final = int(START.timestamp())


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
    access: TokenAccess, issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    # PyJWT refuses to write some of these, so they are signed as they are.
    token = issuer.token(**{name: value for name, value in claims.items() if name != "sub"})
    if "sub" in claims:
        token = _signed({**_claims(token), "sub": claims["sub"]})

    assert reason in await refusal(access, token)


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
    access: TokenAccess, issuer: Issuer, header: dict[str, Any], reason: str
) -> None:
    assert reason in await refusal(access, issuer.token(header=header))


async def test_token_without_signature_is_refused(access: TokenAccess, issuer: Issuer) -> None:
    header, payload, _ = issuer.token().split(".")
    none = _encoded({"alg": "none", "typ": "at+jwt", "kid": "ec"})

    assert "must be signed" in await refusal(access, f"{none}.{payload}.")
    assert "not valid" in await refusal(access, f"{header}.{payload}.")


async def test_token_signed_with_the_public_key_as_a_secret_is_refused(
    access: TokenAccess, issuer: Issuer
) -> None:
    public = RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = _encoded({"alg": "HS256", "typ": "at+jwt", "kid": "rsa"})
    signed = f"{head}.{issuer.token('rsa').split('.')[1]}"
    digest = hmac.new(public, signed.encode(), hashlib.sha256).digest()

    assert "must be signed" in await refusal(access, f"{signed}.{_base64(digest)}")


async def test_token_of_another_key_is_refused(access: TokenAccess, issuer: Issuer) -> None:
    assert "not valid" in await refusal(access, issuer.token(key=OTHER))
    assert "not valid" in await refusal(access, issuer.token(header={"kid": "rsa"}))


async def test_token_with_a_flipped_bit_is_refused(access: TokenAccess, issuer: Issuer) -> None:
    header, payload, signature = issuer.token().split(".")
    claims = _claims(f"{header}.{payload}.{signature}")
    forged = _encoded({**claims, "customer_ref": "bob"})

    assert "not valid" in await refusal(access, f"{header}.{forged}.{signature}")


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.e30", "é.b.c", "W10.e30.x"])
async def test_text_that_is_no_token_is_refused(access: TokenAccess, token: str) -> None:
    with pytest.raises(ProblemError) as refused:
        await access.identify(f"Bearer {token}")
    assert refused.value.problem.status == 401


async def test_token_that_is_too_long_is_refused(access: TokenAccess, issuer: Issuer) -> None:
    assert "8192 bytes" in await refusal(access, issuer.token(note="x" * 9_000))


async def test_remembered_token_expires(
    access: TokenAccess, issuer: Issuer, clock: ManualClock
) -> None:
    token = issuer.token()
    first = await access.identify(f"Bearer {token}")
    assert await access.identify(f"Bearer {token}") is first

    clock.advance(timedelta(seconds=311))
    assert "expired" in await refusal(access, token)


async def test_new_key_is_read_when_a_token_names_it(
    access: TokenAccess, issuer: Issuer, clock: ManualClock
) -> None:
    await access.identify(f"Bearer {issuer.token()}")
    issuer.keys["next"] = OTHER
    clock.advance(timedelta(seconds=11))

    principal = await access.identify(f"Bearer {issuer.token('next')}")
    assert principal.subject == "user:1"


async def test_unknown_keys_do_not_load_the_issuer(access: TokenAccess, issuer: Issuer) -> None:
    await access.identify(f"Bearer {issuer.token()}")
    reads = issuer.reads
    for number in range(50):
        await refusal(access, issuer.token(header={"kid": f"random-{number}"}))

    assert issuer.reads == reads


async def test_known_keys_serve_while_the_issuer_is_away_and_then_are_too_old(
    access: TokenAccess, keys: IssuerKeys, issuer: Issuer, clock: ManualClock
) -> None:
    await access.identify(f"Bearer {issuer.token()}")
    await keys.check()
    issuer.is_away = True
    clock.advance(timedelta(minutes=9))
    await keys.check()
    fresh = issuer.token(exp=NOW + 3_600)
    assert (await access.identify(f"Bearer {fresh}")).subject == "user:1"

    clock.advance(timedelta(minutes=2))
    with pytest.raises(IssuerError, match="cannot be read"):
        await keys.check()
    issuer.is_away = False

    async def is_recent() -> bool:
        with suppress(IssuerError):
            await keys.check()
            return True
        return False

    await eventually("the keys are read again", is_recent, bool)


async def test_settings_select_an_issuer_and_the_types_of_its_tokens(issuer: Issuer) -> None:
    settings = Settings(
        service="orders",
        database_url=SecretStr("postgresql://localhost/orders"),
        kafka_bootstrap_servers="127.0.0.1:1",
        access=issuer.name,
        access_audience=AUDIENCE,
        access_token_types="at+jwt, JWT",  # noqa: S106 (a kind, no secret)
    )
    admission = admission_of(settings)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for part in admission.parts:
            group.create_task(part.run(stop))
        soon = int(SystemClock().now().timestamp()) + 60
        token = issuer.token(header={"typ": "JWT"}, iat=None, exp=soon)
        principal = await admission.access.identify(f"Bearer {token}")
        for check in admission.checks.values():
            await check()
        stop.set()
    assert principal.subject == "user:1"


async def test_tokens_cannot_be_checked_before_the_keys_are_read(
    issuer: Issuer, clock: ManualClock
) -> None:
    access = TokenAccess(IssuerKeys(issuer.name, clock), issuer.name, AUDIENCE, clock)
    with pytest.raises(ProblemError) as refused:
        await access.identify(f"Bearer {issuer.token()}")

    assert refused.value.problem.status == 503
    assert "have not been read yet" in refused.value.problem.detail


async def test_issuer_with_another_name_is_not_believed(
    issuer: Issuer, keys: IssuerKeys, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.name, address = "https://real.example", issuer.name
    other = IssuerKeys(address, ManualClock(START))
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(other.run(stop))

        async def logged() -> str:
            return caplog.text

        await eventually("it is logged", logged, lambda text: "it calls itself" in text)
        stop.set()
    with pytest.raises(IssuerError):
        await other.check()


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "==="))
    return claims


def _signed(claims: dict[str, Any]) -> str:
    present = {name: value for name, value in claims.items() if value is not None}
    header = {"kid": "ec", "typ": "at+jwt"}
    return jwt.PyJWS().encode(json.dumps(present).encode(), EC, "ES256", header)


def _encoded(document: object) -> str:
    return _base64(json.dumps(document).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
