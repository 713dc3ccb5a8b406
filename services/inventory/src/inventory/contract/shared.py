"""What all contracts share. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypeAliasType

Sku = TypeAliasType(
    "Sku", Annotated[str, Field(pattern="^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$")]
)
