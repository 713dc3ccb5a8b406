"""The payloads that payments sends; each field is given, and no unknown one is taken. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from waybill.scalars import UUID

from .shared import Money


class DeclineCode(StrEnum):
    CARD_DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    UNKNOWN_TOKEN = "unknown_token"


class PaymentAuthorized(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    payment_id: UUID
    amount: Money


class PaymentCaptured(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    payment_id: UUID
    amount: Money


class PaymentDeclined(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    payment_id: UUID
    decline_code: DeclineCode


class PaymentRefunded(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    payment_id: UUID
    amount: Money


class PaymentVoided(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    payment_id: UUID
