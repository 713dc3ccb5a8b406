"""Cancel an order: compensate its saga."""

from uuid import UUID

from orders import queries
from orders.contract.models import OrderStatus
from orders.contract.problems import OrderNotCancellable, OrderNotFound
from orders.domain import Order
from waybill.http import Owner
from waybill.postgres import Transaction
from waybill.saga import Sagas


async def cancel_order(
    tx: Transaction, sagas: Sagas, order_id: UUID, owner: Owner
) -> Order | OrderNotFound | OrderNotCancellable:
    """Start the compensation of an order. An order that is being cancelled is returned as it is.

    A problem rolls the transaction back, also after the cancellation of somebody else's order.
    """
    await sagas.cancel(tx, order_id)
    order = await queries.get_order(tx, order_id, owner)
    if order is None:
        return OrderNotFound(detail=f"No order has the id {order_id}.")
    if order.status not in (OrderStatus.CANCELLING, OrderStatus.CANCELLED):
        return OrderNotCancellable(
            detail="The order is rejected or being rejected, so there is nothing to cancel."
        )
    return order
