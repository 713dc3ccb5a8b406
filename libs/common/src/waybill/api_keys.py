"""API keys: bearer tokens for programs that cannot get a token by OAuth.

    wbk_<id>_<secret>_<crc>

The prefix lets scanners of source code find a key that leaked; the checksum tells a mistyped key
from one that was revoked without asking anybody. Only identity knows which keys are valid: it
exchanges a key for a token of five minutes. Services accept tokens only.
"""

import re
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

PREFIX: Final = "wbk_"
_SECRET_BYTES: Final = 32
_KEY: Final = re.compile(r"wbk_([0-9a-f]{32})_([0-9a-f]{64})_([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key; its id is no secret."""

    key_id: UUID
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """What its owner sends."""
        return f"{self._checked}_{_checksum(self._checked)}"

    @property
    def _checked(self) -> str:
        return f"{PREFIX}{self.key_id.hex}_{self.secret}"


def new_api_key(key_id: UUID) -> ApiKey:
    """Return a key with a new secret of 256 bits."""
    return ApiKey(key_id, secrets.token_hex(_SECRET_BYTES))


def read_api_key(text: str) -> ApiKey | None:
    """Read a key; None when it has another form, or was mistyped."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    key = ApiKey(UUID(found[1]), found[2])
    return key if secrets.compare_digest(key.text, text) else None


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
