"""The bodies that payments gets and answers. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field
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
    customer_ref: Annotated[
        Annotated[str | MISSING, Field(max_length=64, min_length=1)], Field(default=MISSING)
    ]
    status: PaymentStatus
    decline_code: Annotated[DeclineCode | MISSING, Field(default=MISSING)]
    amount: Money
    captured: Money
    refunded: Money
    provider_reference: Annotated[str | MISSING, Field(default=MISSING)]
    created_at: AwareDatetime
    updated_at: AwareDatetime


class PaymentPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Payment]
    next_cursor: str | None
