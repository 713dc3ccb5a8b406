"""Secrets that an attacker tries first: short ones, defaults, and those of documentation."""

import hashlib
import re
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

LENGTH_MIN: Final = 12
"""Twelve random letters and digits have 71 bits: too many to try, also offline."""

KNOWN: Final = frozenset(
    {
        "admin",
        "changeit",
        "changeme",
        "changemeplease",
        "default",
        "demo",
        "example",
        "foo",
        "bar",
        "guest",
        "hunter",
        "insecure",
        "kafka",
        "letmein",
        "mysecretpassword",
        "password",
        "postgres",
        "postgresql",
        "qwerty",
        "replaceme",
        "root",
        "s3cret",
        "sample",
        "sandbox",
        "secret",
        "supersecret",
        "test",
        "token",
        "verysecret",
        "waybill",
        "yoursecret",
        "yourpassword",
    }
)
"""Defaults of servers, and examples of our documentation and that of others, without digits and
punctuation at their ends."""


def weakness_of(secret: str) -> str | None:
    """Say why a password, or the password in a URL, is weak; None when it is not, or is absent."""
    password, user = _of_url(secret) if "://" in secret else (secret, "")
    if not password:
        return None
    word = password.lower()
    if _bare(word) in KNOWN or word in KNOWN:
        return "it is a default or an example"
    if user and user.lower() in {word, _bare(word)}:
        return "it is the name of the user"
    if len(password) < LENGTH_MIN:
        return f"it has fewer than {LENGTH_MIN} characters"
    if len(set(word)) < LENGTH_MIN // 3:
        return "it repeats a few characters"
    return None


def _bare(word: str) -> str:
    """Remove digits and punctuation at both ends, and punctuation inside."""
    return re.sub(r"[\W_]+", "", re.sub(r"^[\W\d_]+|[\W\d_]+$", "", word))


def _of_url(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("password", [""])[-1]
    return named or unquote(parts.password or ""), unquote(parts.username or "")


KNOWN_DIGESTS: Final = frozenset(hashlib.sha256(word.encode()).hexdigest() for word in KNOWN)
"""The SHA-256 of each, as in a token file."""
