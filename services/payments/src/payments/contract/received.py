"""The payloads that payments receives; unknown fields are ignored. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field
from waybill.scalars import UUID

from .shared import Money


class AuthorizePayment(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    amount: Money
    token: Annotated[str, Field(max_length=255, min_length=1)]


class AuthorizeSealedPayment(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    customer_ref: Annotated[str | MISSING, Field(max_length=64, min_length=1)] = MISSING
    amount: Money
    sealed_token: Annotated[str, Field(max_length=2048, min_length=1)]


class CapturePayment(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID


class ReversePayment(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
