"""Cancel an order: turn its saga back."""

from uuid import UUID

from orders import queries
from orders.contract.models import OrderStatus
from orders.contract.problems import OrderNotCancellable, OrderNotFound
from orders.domain import Order
from waybill.postgres import Transaction
from waybill.saga import Sagas


async def cancel_order(
    tx: Transaction, sagas: Sagas, order_id: UUID
) -> Order | OrderNotFound | OrderNotCancellable:
    """Begin to undo all that was done for an order. One that is being cancelled stays so."""
    await sagas.cancel(tx, order_id)
    order = await queries.get_order(tx, order_id)
    if order is None:
        return OrderNotFound(detail=f"There is no order {order_id}.")
    if order.status not in (OrderStatus.CANCELLING, OrderStatus.CANCELLED):
        return OrderNotCancellable(
            detail="The order is rejected, or about to be: what was done for it is undone already."
        )
    return order
