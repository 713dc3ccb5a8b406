"""Bearer tokens of the tests, in a token file: the token of a caller is its name."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

READER: Final = "reader"
WRITER: Final = "writer"

SCOPES: Final = {
    READER: ["orders:read", "catalog:read", "inventory:read", "payments:read"],
    WRITER: ["orders:write", "catalog:write", "inventory:write"],
}


def token_file(folder: Path, scopes: Mapping[str, Iterable[str]] = SCOPES) -> Path:
    """Write a token file with the scopes of each caller."""
    file = folder / "tokens.json"
    grants = {
        hashlib.sha256(name.encode()).hexdigest(): {
            "subject": f"user:{name}",
            "scopes": list(granted),
        }
        for name, granted in scopes.items()
    }
    file.write_text(json.dumps(grants), encoding="utf-8")
    return file


def bearer(name: str) -> dict[str, str]:
    """Return the header that a caller sends."""
    return {"Authorization": f"Bearer {name}"}
