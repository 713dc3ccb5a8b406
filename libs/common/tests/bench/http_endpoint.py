"""How long the runtime takes for a request, without server, network and database.

Run it with `python libs/common/tests/bench/http_endpoint.py`. It prints the best of many rounds:
what a quiet machine would take.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

import orjson
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message, Scope

from waybill.app import Application
from waybill.http import Answer, Call, Operation, Parameter, mount
from waybill.http.access import OpenAccess
from waybill.scalars import UUID

ROUNDS: Final = 30
REQUESTS: Final = 1000

ORDER_ID: Final = "019a9f6e-0000-7000-8000-000000000001"
ORDER: Final = orjson.dumps(
    {
        "customer": "customer-17",
        "note": "n" * 700,
        "lines": [{"sku": f"SKU-{number:04}", "quantity": 1 + number} for number in range(16)],
    }
)


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Line(Model):
    sku: Annotated[str, Field(max_length=64)]
    quantity: Annotated[int, Field(ge=1)]


class Order(Model):
    customer: str
    note: str
    lines: Annotated[list[Line], Field(max_length=500)]


@dataclass(frozen=True, slots=True)
class Order200(Answer):
    status: ClassVar[int] = 200
    body: Order


class Api:
    async def place_order(self, _call: Call, body: Order) -> Order200:
        return Order200(body=body)

    async def get_order(self, _call: Call, **_: object) -> Order200:
        return Order200(body=Order(customer="customer-17", note="", lines=[]))


OPERATIONS: Final = (
    Operation(id="place_order", method="POST", path="/v1/orders", body=Order, answers=(Order200,)),
    Operation(
        id="get_order",
        method="GET",
        path="/v1/orders/{order_id}",
        answers=(Order200,),
        parameters=(
            Parameter(name="order_id", place="path", argument="order_id", type=UUID, required=True),
        ),
    ),
)


def application() -> Application:
    app = Application("orders")
    mount(app.router, Api(), OPERATIONS, OpenAccess())
    app.configure_layers()
    return app


async def request(app: FastAPI, method: str, path: str, body: bytes) -> int:
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"host", b"orders.test")],
    }
    await app(scope, receive, send)
    return status


async def best_seconds(run: Callable[[], Awaitable[Any]]) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        for _ in range(REQUESTS):
            await run()
        times.append((time.process_time() - begin) / REQUESTS)
    return min(times)


async def main() -> None:
    app = application()
    for method, path, body in (
        ("POST", "/v1/orders", ORDER),
        ("GET", f"/v1/orders/{ORDER_ID}", b""),
        ("GET", "/v1/nowhere", b""),
    ):
        seconds = await best_seconds(lambda: request(app, method, path, body))  # noqa: B023
        status = await request(app, method, path, body)
        sys.stdout.write(f"{seconds * 1e6:6.1f} us  {status} {method} {path} ({len(body)} bytes)\n")


if __name__ == "__main__":
    asyncio.run(main())
