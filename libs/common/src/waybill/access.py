"""Who is calling, and what they may do."""

from collections.abc import Container
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A known caller: its name in logs and idempotency keys, and the scopes it holds."""

    subject: str
    scopes: Container[str]
