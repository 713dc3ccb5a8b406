"""The bodies that payments gets and answers. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum

from pydantic import MISSING, BaseModel, ConfigDict
from waybill.scalars import UUID, AwareDatetime

from .shared import Money


class DeclineCode(StrEnum):
    CARD_DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    UNKNOWN_TOKEN = "unknown_token"


class PaymentStatus(StrEnum):
    AUTHORIZING = "authorizing"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    VOIDING = "voiding"
    VOIDED = "voided"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class Payment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    payment_id: UUID
    order_id: UUID
    status: PaymentStatus
    decline_code: DeclineCode | MISSING = MISSING
    amount: Money
    captured: Money
    refunded: Money
    provider_reference: str | MISSING = MISSING
    created_at: AwareDatetime
    updated_at: AwareDatetime


class PaymentPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Payment]
    next_cursor: str | None
