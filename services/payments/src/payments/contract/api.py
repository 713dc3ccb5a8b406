"""The HTTP interface of payments. Generated; never edited."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Field
from waybill.http import Answer, Call, Operation, Owner, OwnerRule, Parameter
from waybill.scalars import UUID

from payments.contract import models, problems


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPayments200(Answer):
    """A page of payments."""

    status: ClassVar[int] = 200
    body: models.PaymentPage


ListPaymentsResult: TypeAlias = ListPayments200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPayment200(Answer):
    """The payment."""

    status: ClassVar[int] = 200
    body: models.Payment


GetPaymentResult: TypeAlias = GetPayment200 | problems.PaymentNotFound


class PaymentsApi(ABC):
    """One method for each operation; payments implements all of them."""

    @abstractmethod
    async def list_payments(
        self,
        call: Call,
        *,
        cursor: str | None,
        limit: int,
        customer_ref: str | None,
        order_id: UUID | None,
    ) -> ListPaymentsResult:
        """List payments, newest first."""

    @abstractmethod
    async def get_payment(self, call: Call, *, owner: Owner, payment_id: UUID) -> GetPaymentResult:
        """Get a payment."""


CURSOR: Final = Parameter(
    name="cursor",
    place="query",
    argument="cursor",
    type=Annotated[str, Field(min_length=1, max_length=512)],
)
CUSTOMER_REF: Final = Parameter(
    name="customer_ref",
    place="query",
    argument="customer_ref",
    type=Annotated[str, Field(min_length=1, max_length=64)],
)
LIMIT: Final = Parameter(
    name="limit",
    place="query",
    argument="limit",
    type=Annotated[int, Field(ge=1, le=500)],
    default=50,
)
ORDER_ID: Final = Parameter(name="order_id", place="query", argument="order_id", type=UUID)
PAYMENT_ID: Final = Parameter(
    name="payment_id", place="path", argument="payment_id", type=UUID, required=True
)

OPERATIONS: Final = (
    Operation(
        id="list_payments",
        method="GET",
        path="/v1/payments",
        scopes=("payments:read",),
        parameters=(CURSOR, LIMIT, CUSTOMER_REF, ORDER_ID),
        owner=OwnerRule(field="customer_ref", everybody="payments:any", place="query"),
        answers=(ListPayments200,),
        tags=("payments",),
    ),
    Operation(
        id="get_payment",
        method="GET",
        path="/v1/payments/{payment_id}",
        scopes=("payments:read",),
        parameters=(PAYMENT_ID,),
        owner=OwnerRule(field="customer_ref", everybody="payments:any", place="resource"),
        answers=(GetPayment200, problems.PaymentNotFound),
        tags=("payments",),
    ),
)
"""What the runtime has to know to serve each of them."""
