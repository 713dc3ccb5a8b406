"""The server's side of SCRAM-SHA-256 (RFC 5802 and RFC 7677), without channel binding.

A client proves that it knows the password, and the server that it does too, without sending it.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256
from typing import Final

MECHANISM: Final = "SCRAM-SHA-256"

_HASH: Final = "sha256"
_ITERATIONS: Final = 4096
"""The least that RFC 7677 and Kafka allow. More would slow down connecting, and the passwords are
random: they cannot be guessed."""
_BYTES: Final = 18
_NO_BINDING: Final = "n,,"
"""The GS2 header: no channel binding, and no other identity than the user's own."""


class AuthenticationError(Exception):
    """The client does not prove that it is the user, or does not follow the protocol."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a server stores of a password (RFC 5802, section 3)."""

    salt: bytes
    stored_key: bytes
    server_key: bytes

    @classmethod
    def of(cls, password: str) -> "Verifier":
        """Make one with a new salt; this takes milliseconds."""
        salt = secrets.token_bytes(_BYTES)
        salted = pbkdf2_hmac(_HASH, password.encode(), salt, _ITERATIONS)
        return cls(
            salt, sha256(_hmac(salted, b"Client Key")).digest(), _hmac(salted, b"Server Key")
        )


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """The first message of a client."""

    user: str
    nonce: str
    bare: str

    @classmethod
    def read(cls, message: bytes) -> "FirstMessage":
        """Read it. Raises AuthenticationError."""
        text = _text(message)
        if not text.startswith(_NO_BINDING):
            raise AuthenticationError("it wants channel binding or another identity")
        bare = text.removeprefix(_NO_BINDING)
        fields = _fields(bare)
        # The user's name has its own escapes (RFC 5802, section 5.1).
        user = fields["n"].replace("=2C", ",").replace("=3D", "=")
        return cls(user, fields["r"], bare)


class Exchange:
    """One exchange, after the client's first message."""

    def __init__(self, first: FirstMessage, verifier: Verifier) -> None:
        self._verifier = verifier
        self._nonce = first.nonce + secrets.token_urlsafe(_BYTES)
        salt = b64encode(verifier.salt).decode()
        self.challenge = f"r={self._nonce},s={salt},i={_ITERATIONS}"
        """The server's first message."""
        self._signed = f"{first.bare},{self.challenge}"

    def finish(self, message: bytes) -> bytes:
        """Check the client's last message; returns the server's. Raises AuthenticationError."""
        text = _text(message)
        fields = _fields(text)
        without_proof, _, _ = text.rpartition(",p=")
        signed = f"{self._signed},{without_proof}".encode()
        # Kafka accepts this too: librdkafka before 2.6.1 puts its own nonce in front once more.
        is_ours = fields["r"].endswith(self._nonce)
        if fields["c"] != b64encode(_NO_BINDING.encode()).decode() or not is_ours:
            raise AuthenticationError("its last message belongs to another exchange")
        try:
            proof = b64decode(fields["p"], validate=True)
        except ValueError:
            raise AuthenticationError("its proof is not in base64") from None
        signature = _hmac(self._verifier.stored_key, signed)
        if len(proof) != len(signature):
            raise AuthenticationError("its proof has another length")
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(sha256(client_key).digest(), self._verifier.stored_key):
            raise AuthenticationError("its password is wrong")
        return b"v=" + b64encode(_hmac(self._verifier.server_key, signed))


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, _HASH)


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise AuthenticationError("its message is not UTF-8") from None


class _Fields(dict[str, str]):
    def __missing__(self, name: str) -> str:
        raise AuthenticationError(f"its message has no {name}=")


def _fields(message: str) -> _Fields:
    """Read `a=...,b=...`."""
    pairs = (each.partition("=") for each in message.split(","))
    return _Fields((name, value) for name, _, value in pairs)
