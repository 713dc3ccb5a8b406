"""What an operation costs as a route of one kind or another, each in the whole app.

Run it with `python libs/common/tests/bench/http_routes.py`. The figures are in decision 26.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Path
from fastapi.routing import request_response
from http_endpoint import (  # type: ignore[import-not-found] # the other file in this folder
    OPERATIONS,
    ORDER,
    ORDER_ID,
    Api,
    Order,
    best_seconds,
    request,
)
from starlette.routing import Route

from waybill.app import Application
from waybill.http.access import OpenAccess
from waybill.http.endpoint import Endpoint
from waybill.http.routing import Resource, bind, operation_routes

ID: Final = Path(pattern="^[0-9a-f-]{36}$")


def route_of_starlette() -> FastAPI:
    app = Application("orders")
    for each in OPERATIONS:
        endpoint = Endpoint(each, getattr(Api(), each.id), OpenAccess())
        app.routes.append(Route(each.path, Resource({each.method: endpoint})))
    return app


def operation_route() -> FastAPI:
    app = Application("orders")
    routes = operation_routes(OPERATIONS)
    bind(routes, Api(), OpenAccess())
    app.routes.extend(routes)
    return app


def operation_route_through_fastapi() -> FastAPI:
    app = Application("orders")
    routes = operation_routes(OPERATIONS)
    bind(routes, Api(), OpenAccess())
    for route in routes:
        route.app = request_response(route.get_route_handler())
    app.routes.extend(routes)
    return app


def operation_route_with_dependency() -> FastAPI:
    async def nothing() -> None:
        pass

    app = Application("orders")
    routes = operation_routes(OPERATIONS, [Depends(nothing)])
    bind(routes, Api(), OpenAccess())
    app.routes.extend(routes)
    return app


def route_of_fastapi() -> FastAPI:
    """Serve the same models without what the contract asks for beyond their types."""
    app = Application("orders")

    @app.post("/v1/orders")
    async def place_order(body: Order) -> Order:
        return body

    @app.get("/v1/orders/{order_id}")
    async def get_order(order_id: Annotated[str, ID]) -> Order:
        return Order(customer="customer-17", note="", lines=[])

    return app


KINDS: Final[tuple[Callable[[], FastAPI], ...]] = (
    route_of_starlette,
    operation_route,
    operation_route_through_fastapi,
    operation_route_with_dependency,
    route_of_fastapi,
)


async def main() -> None:
    for make in KINDS:
        app = make()
        if isinstance(app, Application):
            app.configure_layers()
        for method, path, body in (
            ("POST", "/v1/orders", ORDER),
            ("GET", f"/v1/orders/{ORDER_ID}", b""),
        ):
            status = await request(app, method, path, body)
            seconds = await best_seconds(lambda: request(app, method, path, body))  # noqa: B023 - awaited at once
            sys.stdout.write(f"{seconds * 1e6:6.1f} us  {status} {method:4} {make.__name__}\n")


if __name__ == "__main__":
    asyncio.run(main())
