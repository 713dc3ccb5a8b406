from dataclasses import replace

from gateway.routes import Route, read_routes

KEY = {"name": "Idempotency-Key", "in": "header"}
CONTRACT = {
    "paths": {
        "/v1/orders": {
            "parameters": [],
            "get": {
                "operationId": "list_orders",
                "tags": ["orders"],
                "x-service": "orders",
                "security": [{"bearer": ["orders:read"]}],
                "x-rate-limit": {"class": "read", "cost": 1},
            },
            "post": {
                "operationId": "place_order",
                "x-service": "orders",
                "parameters": [{"$ref": "#/components/parameters/Key"}],
                "requestBody": {},
                "x-body-limit-bytes": 17,
                "x-rate-limit": {"class": "write", "cost": 5},
            },
        },
        "/v1/stock": {
            "put": {
                "operationId": "put_stock",
                "x-service": "inventory",
                "parameters": [KEY],
                "requestBody": {},
                "security": [],
                "x-rate-limit": {"class": "write", "cost": 1},
            }
        },
    },
    "components": {"parameters": {"Key": KEY}},
}


def test_every_operation_is_a_route_to_its_service() -> None:
    assert read_routes(CONTRACT) == (
        Route(
            id="list_orders",
            service="orders",
            method="GET",
            path="/v1/orders",
            scopes=("orders:read",),
            tags=("orders",),
        ),
        Route(
            id="place_order",
            service="orders",
            method="POST",
            path="/v1/orders",
            body_limit_bytes=17,
            is_keyed=True,
            limit_class="write",
            cost=5,
        ),
        Route(
            id="put_stock",
            service="inventory",
            method="PUT",
            path="/v1/stock",
            body_limit_bytes=65_536,
            is_keyed=True,
            scopes=None,
            limit_class="write",
        ),
    )


def test_only_reads_are_safe() -> None:
    assert [route.is_safe for route in read_routes(CONTRACT)] == [True, False, False]


def test_reads_and_requests_with_a_key_are_repeatable() -> None:
    post, get = (Route(id="a", service="s", method=each, path="/") for each in ("POST", "GET"))

    assert get.is_repeatable
    assert not post.is_repeatable
    assert replace(post, is_keyed=True).is_repeatable
