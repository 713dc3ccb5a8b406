"""The customers: they place orders, retry requests and remember the responses."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from orders.contract import models
from orders.contract.api import OPERATIONS, CancelOrder202, OrdersApi, PlaceOrder201
from waybill.http import Call, Owner
from waybill.http.access import Principal
from waybill.http.execution import IdempotentExecution
from waybill.http.idempotency import KeyedRequest
from waybill.http.problems import Problem
from waybill.http.rendering import Renderer
from waybill.http.reply import ReplayedAnswerError
from waybill_simulation.asking import Asking, NoAnswer
from waybill_simulation.scenario import SKUS, PlannedOrder
from waybill_simulation.world import CURRENCY, World

TRIES_MAX: Final = 60
PAUSE_SECONDS: Final = 0.5

_RENDERERS: Final = {operation.id: Renderer(operation.answers) for operation in OPERATIONS}
_CUSTOMER_REF: Final = "customer"
_TRACEPARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass
class Customer:
    """A customer with one order."""

    number: int
    planned: PlannedOrder
    order_id: UUID | None = None
    is_refused: bool = False
    is_done: bool = False
    is_cancelled: bool = False

    @property
    def buyer(self) -> Principal:
        """Who places the order."""
        return Principal(f"user:buyer-{self.number}", ())

    @property
    def clerk(self) -> Principal:
        """Who cancels it."""
        return Principal(f"user:clerk-{self.number}", ())

    @property
    def reference(self) -> str:
        return f"order-{self.number}"

    @property
    def units(self) -> dict[str, int]:
        """The units of each SKU that the customer orders."""
        wanted = dict.fromkeys(SKUS, self.planned.other_quantity) | {
            self.planned.sku: self.planned.quantity
        }
        return {sku: quantity for sku, quantity in wanted.items() if quantity}

    @property
    def body(self) -> models.PlaceOrder:
        return models.PlaceOrder(
            customer_ref=_CUSTOMER_REF,
            reference=self.reference,
            currency=CURRENCY,
            lines=[
                models.PlaceOrderLine(sku=sku, quantity=quantity)
                for sku, quantity in self.units.items()
            ],
            payment=models.PaymentMethod(token=self.planned.token),
        )


class Shop:
    """Sends requests to a random replica of orders."""

    def __init__(self, world: World) -> None:
        self._network = world.network
        self._asking = Asking(world.network, world.replicas, "orders")
        self.customers = [
            Customer(n, planned) for n, planned in enumerate(world.scenario.planned_orders)
        ]

    def open(self) -> None:
        """Start the customers."""
        for customer in self.customers:
            self._network.loop.create_task(self._buy(customer))

    @property
    def is_done(self) -> bool:
        return all(customer.is_done for customer in self.customers)

    async def _buy(self, customer: Customer) -> None:
        await self._network.sleep(customer.planned.at)
        await self._place(customer)
        if customer.order_id is not None and customer.planned.cancel_after is not None:
            await self._network.sleep(customer.planned.cancel_after)
            await self._cancel(customer, customer.order_id)
        customer.is_done = True

    async def _place(self, customer: Customer) -> None:
        body = customer.body

        async def place(api: OrdersApi) -> object:
            call = _call(customer.buyer, "place_order", customer.reference)
            return await api.place_order(call, body)

        answer = await self._until_answered(customer, "POST /v1/orders", place)
        match answer:
            case PlaceOrder201():
                customer.order_id = answer.body.order_id
            case ReplayedAnswerError():
                customer.order_id = UUID(json.loads(answer.reply.body)["order_id"])
            case Problem():
                customer.is_refused = True
            case _:
                pass

    async def _cancel(self, customer: Customer, order_id: UUID) -> None:
        async def cancel(api: OrdersApi) -> object:
            call = _call(customer.clerk, "cancel_order", f"cancel-{customer.number}")
            return await api.cancel_order(call, owner=Owner(_CUSTOMER_REF), order_id=order_id)

        answer = await self._until_answered(customer, "POST cancellation", cancel)
        customer.is_cancelled = isinstance(answer, CancelOrder202 | ReplayedAnswerError)

    async def _until_answered(
        self, customer: Customer, what: str, handle: Callable[[OrdersApi], Awaitable[object]]
    ) -> object:
        for attempt in range(TRIES_MAX):
            answer = await self._asking.ask(
                f"customer {customer.number}",
                what,
                handle,
                patience=customer.planned.patience * (attempt + 1),
            )
            if isinstance(answer, PlaceOrder201 | CancelOrder202 | ReplayedAnswerError | Problem):
                return answer
            await self._network.sleep(PAUSE_SECONDS * self._network.random.random())
        return NoAnswer()


def _call(principal: Principal, operation: str, key: str) -> Call:
    request = KeyedRequest(principal.subject, operation, key, key.encode())
    keyed = IdempotentExecution(request, _RENDERERS[operation].render)
    return Call(principal=principal, traceparent=_TRACEPARENT, keyed=keyed)
