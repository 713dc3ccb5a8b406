"""Opaque tokens: 256 random bits for the client, their SHA-256 in the database.

They need no slow hash: 256 bits cannot be guessed.
"""

import hashlib
import secrets
from typing import Final

TOKEN_BYTES: Final = 32


def new_token() -> str:
    """Return a new token, in 43 characters of base64url."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()
