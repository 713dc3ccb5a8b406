"""An answer of payments has the actor of its command; the provider is asked in between."""

import pytest

from payments.sandbox import TOK_APPROVE
from waybill.ids import uuid7
from waybill_toolkit.testing.fake_service import FakeService

GBP_1530 = {"amount_minor": 1530, "currency": "GBP"}


@pytest.mark.usefixtures("service")
async def test_each_answer_has_the_actor_of_its_own_command(orders: FakeService) -> None:
    order = str(uuid7())
    commands = {
        "authorize-payment.v1": "user:1",
        "capture-payment.v1": "system",
        "reverse-payment.v1": "user:clerk",
    }
    for count, (command, actor) in enumerate(commands.items(), start=1):
        data: dict[str, object] = {"order_id": order}
        if count == 1:
            data |= {"amount": GBP_1530, "token": TOK_APPROVE}
        await orders.send(f"payments.{command}", data, actor=actor)
        await orders.receive(order, count)

    answers = await orders.receive(order, 3)
    assert [each.actor for each in answers] == list(commands.values())


@pytest.mark.usefixtures("service")
async def test_a_repeated_answer_and_that_of_an_unknown_order_have_the_actor_of_the_command(
    orders: FakeService,
) -> None:
    order = str(uuid7())
    for count, actor in enumerate(("user:1", None), start=1):
        await orders.send("payments.reverse-payment.v1", {"order_id": order}, actor=actor)
        await orders.receive(order, count)

    assert [each.actor for each in await orders.receive(order, 2)] == ["user:1", None]
