"""The payloads that identity sends; each field is given, and no unknown one is taken. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field
from waybill.scalars import UUID


class RolesChanged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID
    roles: list[str]


class SessionEnded(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID
    session_id: UUID


class UserErased(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID
    customer_ref: Annotated[str | MISSING, Field(default=MISSING)]


class UserRegistered(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID
    customer_ref: str
