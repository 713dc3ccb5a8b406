"""The HTTP interface of payments: read-only. Commands move money."""

from typing import Final
from uuid import UUID

from typing_extensions import override

from payments import queries
from payments.contract.api import (
    GetPayment200,
    GetPaymentResult,
    ListPayments200,
    ListPaymentsResult,
    PaymentsApi,
)
from payments.contract.models import PaymentPage
from payments.contract.problems import PaymentNotFound
from waybill.http import Call, Owner
from waybill.http.pages import Cursor, split_page
from waybill.postgres import Database

_CURSOR: Final = Cursor(UUID)


class Api(PaymentsApi):
    """Implements the generated interface by queries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def list_payments(
        self,
        call: Call,
        *,
        cursor: str | None,
        limit: int,
        customer_ref: str | None,
        order_id: UUID | None,
    ) -> ListPaymentsResult:
        after = _CURSOR.decode(cursor)
        if order_id is not None:
            return await self._list_payments_of_order(order_id, customer_ref)
        async with self._database.connection() as connection:
            rows = await queries.list_payments(connection, after, customer_ref, limit + 1)
        page, last = split_page(rows, limit)
        next_cursor = None if last is None else _CURSOR.encode(last.payment_id)
        return ListPayments200(body=PaymentPage(items=list(page), next_cursor=next_cursor))

    @override
    async def get_payment(self, call: Call, *, owner: Owner, payment_id: UUID) -> GetPaymentResult:
        async with self._database.connection() as connection:
            payment = await queries.get_payment(connection, payment_id, owner)
        if payment is None:
            return PaymentNotFound(detail=f"No payment has the id {payment_id}.")
        return GetPayment200(body=payment)

    async def _list_payments_of_order(
        self, order_id: UUID, customer_ref: str | None
    ) -> ListPayments200:
        """Return the payment of an order. An order has at most one, so there is no second page."""
        async with self._database.connection() as connection:
            payment = await queries.get_payment_of_order(connection, order_id, customer_ref)
        items = [] if payment is None else [payment]
        return ListPayments200(body=PaymentPage(items=items, next_cursor=None))
