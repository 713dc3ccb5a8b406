"""The saga of an order: its steps and compensations, as data.

A change of the steps is a new version in addition to this one: orders in progress keep theirs.
"""

from datetime import timedelta
from typing import Final

from orders.contract import received
from orders.contract.events import Sent
from orders.contract.sent import (
    AuthorizeSealedPayment,
    CapturePayment,
    CommitStock,
    ReleaseStock,
    ReserveStock,
    ReversePayment,
    WantedLine,
)
from orders.contract.shared import Money
from orders.domain import Order
from waybill.events import PermanentError
from waybill.saga import Compensation, Reason, Saga, Step

# Long enough for a broker or a service that is down for some minutes. Three of these timeouts equal
# the lifetime of a reservation (15 minutes); if it expires first, inventory refuses the commit.
ANSWER_WITHIN: Final = timedelta(minutes=5)
# Events are not lost, so a repeated command only helps after a manual repair of the other service.
REPEAT_AFTER: Final = timedelta(minutes=1)


def _reserve(order: Order) -> ReserveStock:
    lines = [WantedLine(sku=sku, quantity=units) for sku, units in order.units().items()]
    return ReserveStock(order_id=order.order_id, customer_ref=order.customer_ref, lines=lines)


def _authorize(order: Order) -> AuthorizeSealedPayment:
    if order.sealed_token is None:
        raise ValueError(f"order {order.order_id} has no payment token")
    return AuthorizeSealedPayment(
        order_id=order.order_id,
        customer_ref=order.customer_ref,
        amount=Money(amount_minor=order.total_minor, currency=order.currency),
        sealed_token=order.sealed_token,
    )


def _check_amount(
    order: Order, paid: received.PaymentAuthorized | received.PaymentCaptured
) -> None:
    wanted = Money(amount_minor=order.total_minor, currency=order.currency)
    if paid.amount != wanted:
        raise PermanentError(
            f"{paid.amount.amount_minor} {paid.amount.currency} (minor units) were paid for an"
            f" order of {wanted.amount_minor} {wanted.currency}"
        )


def _out_of_stock(refused: received.StockRefused) -> Reason:
    shown = [f"{s.sku}: {s.wanted} wanted, {s.on_hand} on hand" for s in refused.shortages[:5]]
    more = len(refused.shortages) - len(shown)
    return Reason("out_of_stock", "; ".join(shown) + (f"; and {more} more" if more else ""))


def _declined(declined: received.PaymentDeclined) -> Reason:
    return Reason("payment_declined", declined.decline_code)


def _expired(refused: received.CommitRefused) -> Reason:
    return Reason("timed_out", f"the reservation is {refused.status}")


_RELEASE: Final[Compensation[Order, Sent]] = Compensation(
    command=lambda order: ReleaseStock(order_id=order.order_id),
    done=(received.StockReleased,),
    deadline=REPEAT_AFTER,
)
_REVERSE: Final[Compensation[Order, Sent]] = Compensation(
    command=lambda order: ReversePayment(order_id=order.order_id),
    done=(received.PaymentVoided, received.PaymentRefunded),
    deadline=REPEAT_AFTER,
)

PLACE_ORDER: Final[Saga[Order, Sent]] = Saga(
    name="place-order",
    version=1,
    steps=(
        Step(
            name="reserve-stock",
            command=_reserve,
            done=received.StockReserved,
            refused=received.StockRefused,
            reason=_out_of_stock,
            deadline=ANSWER_WITHIN,
            compensation=_RELEASE,
        ),
        Step(
            name="authorize-payment",
            command=_authorize,
            done=received.PaymentAuthorized,
            check=_check_amount,
            refused=received.PaymentDeclined,
            reason=_declined,
            deadline=ANSWER_WITHIN,
            compensation=_REVERSE,
        ),
        # Compensated by release-stock, which also releases committed units.
        Step(
            name="commit-stock",
            command=lambda order: CommitStock(order_id=order.order_id),
            done=received.StockCommitted,
            refused=received.CommitRefused,
            reason=_expired,
            deadline=ANSWER_WITHIN,
        ),
        # The order is confirmed from here on. Compensated by reverse-payment, which refunds.
        Step(
            name="capture-payment",
            command=lambda order: CapturePayment(order_id=order.order_id),
            done=received.PaymentCaptured,
            check=_check_amount,
            deadline=REPEAT_AFTER,
        ),
    ),
)

AUTHORIZED_AT_STEP: Final = 2
"""The outcome of the authorization is known when the saga reaches this step."""
CONFIRMED_AT_STEP: Final = 3
"""An order is confirmed when its saga reaches this step: its stock is committed."""
