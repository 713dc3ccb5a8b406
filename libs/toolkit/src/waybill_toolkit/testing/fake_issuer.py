"""An issuer of signed tokens for tests, by another implementation than the runtime's: PyJWT."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from typing_extensions import override

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

TOKEN_SECONDS: Final = 300


@dataclass
class FakeIssuer:
    """Publishes its metadata and its keys over HTTP, and signs tokens.

    A key whose id is "rsa" signs with RS256, every other one with ES256.
    """

    audience: str
    now: datetime
    """The time at which tokens are issued."""
    name: str = ""
    is_away: bool = False
    denied: list[str] | None = None
    """The sessions that were ended; None: it does not tell."""
    revoked: list[str] = field(default_factory=list)
    """The keys that were revoked."""
    reads: int = 0
    """How often its keys were read."""
    keys: dict[str, PrivateKey] = field(
        default_factory=lambda: {
            "ec": ec.generate_private_key(ec.SECP256R1()),
            "rsa": rsa.generate_private_key(public_exponent=65_537, key_size=2_048),
        }
    )

    def token(
        self,
        kid: str = "ec",
        *,
        header: Mapping[str, object] | None = None,
        key: PrivateKey | None = None,
        **claims: object,
    ) -> str:
        """Sign a token of five minutes for alice; a claim that is None is left out."""
        now = int(self.now.timestamp())
        usual = {
            "iss": self.name,
            "aud": self.audience,
            "sub": "user:1",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "scope": "orders:read orders:write",
            "customer_ref": "alice",
        }
        body = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return self.sign(json.dumps(body).encode(), kid, header=header, key=key)

    def sign(
        self,
        body: bytes,
        kid: str,
        *,
        header: Mapping[str, object] | None = None,
        key: PrivateKey | None = None,
    ) -> str:
        """Sign any bytes as the body of a token."""
        fields = {"kid": kid, "typ": "at+jwt", **(header or {})}
        signing = key or self.keys[kid]
        algorithm = "RS256" if isinstance(signing, rsa.RSAPrivateKey) else "ES256"
        return str(jwt.PyJWS().encode(body, signing, algorithm, fields))

    def answer(self, path: str) -> object:
        """Return the document at a path."""
        if path == "/.well-known/openid-configuration":
            metadata = {"issuer": self.name, "jwks_uri": f"{self.name}/keys"}
            return metadata if self.denied is None else metadata | self._denied_at()
        if path == "/denied":
            return {"sids": self.denied, "kids": self.revoked}
        self.reads += 1
        return {"keys": [_public(name, key) for name, key in self.keys.items()]}

    def _denied_at(self) -> dict[str, str]:
        return {"denied_sessions_uri": f"{self.name}/denied"}


@contextmanager
def fake_issuer(audience: str, now: datetime) -> Iterator[FakeIssuer]:
    """Serve a new issuer on a free port of the loopback address within the context."""
    issuer = FakeIssuer(audience, now)

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
        try:
            yield issuer
        finally:
            server.shutdown()


def _public(kid: str, key: PrivateKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": kid, "use": "sig"}
