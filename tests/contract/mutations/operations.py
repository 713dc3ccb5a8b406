"""Mutations of operations and their parameters."""

from typing import Any, Final

from tests.contract.mutations.mutation import TEXT, WHOLE, YES, Mutation

from waybill_toolkit.testing.contract_edits import also, copy, put, remove, rename, without

IDEMPOTENCY_KEY = "../shared/components.yaml#/components/parameters/IdempotencyKey"
PLACE = ("paths", "/v1/orders", "post")
LIST = ("paths", "/v1/orders", "get")
GET = ("paths", "/v1/orders/{order_id}", "get")
ADJUST = ("paths", "/v1/stock/{sku}/adjustments", "post")
STOCK = ("paths", "/v1/stock/{sku}", "get")
EXCHANGE = ("paths", "/v1/api-key-tokens", "post")
NOT_FOUND = {
    "description": "There is no such key.",
    "x-problems": ["api-key-not-found"],
    "content": {
        "application/problem+json": {
            "schema": {"$ref": "../shared/components.yaml#/components/schemas/Problem"}
        }
    },
}
PRODUCT = "/v1/products/{product_id}"


def _new_operation(document: dict[str, Any]) -> None:
    copy(("paths", PRODUCT + "/history"), "paths", PRODUCT)(document)
    put("get_history", "paths", PRODUCT + "/history", "get", "operationId")(document)


OPERATIONS: Final = (
    Mutation(
        "operation removed",
        "orders/openapi.yaml",
        remove("paths", "/v1/prices"),
        "diff types scopes",
    ),
    Mutation("operation added", "catalog/openapi.yaml", _new_operation, "types answers scopes"),
    Mutation(
        "operation renamed",
        "inventory/openapi.yaml",
        put("read_stock", *STOCK, "operationId"),
        "diff types answers",
    ),
    Mutation(
        "operation moved",
        "inventory/openapi.yaml",
        rename("/v2/stock", "paths", "/v1/stock"),
        "scopes",
    ),
    Mutation(
        "scope changed",
        "orders/openapi.yaml",
        put([{"oauth2": ["orders:read"]}], *PLACE, "security"),
        "diff scopes",
    ),
    Mutation(
        "scope added",
        "inventory/openapi.yaml",
        also("inventory:write", *STOCK, "security", "0", "oauth2"),
        "diff scopes",
    ),
    Mutation("scopes removed", "orders/openapi.yaml", remove(*GET, "security"), "generator lint"),
    Mutation(
        "idempotency key removed",
        "inventory/openapi.yaml",
        without({"$ref": IDEMPOTENCY_KEY}, *ADJUST, "parameters"),
        "generator lint diff",
    ),
    Mutation(
        "operation made public", "orders/openapi.yaml", put([], *GET, "security"), "generator lint"
    ),
    Mutation(
        "operation hidden from the public",
        "orders/openapi.yaml",
        put(YES, *GET, "x-internal"),
        "diff",
    ),
    Mutation("owner removed", "orders/openapi.yaml", remove(*GET, "x-owner"), "lint"),
    Mutation(
        "owner that is no field",
        "orders/openapi.yaml",
        put("user_id", *GET, "x-owner"),
        "lint diff",
    ),
    Mutation(
        "call of an operation that is not there",
        "orders/openapi.yaml",
        put({"catalog": ["get_price"]}, "x-calls"),
        "generator lint",
    ),
    Mutation(
        "problem added that a caller does not expect",
        "identity/openapi.yaml",
        put(NOT_FOUND, *EXCHANGE, "responses", "404"),
        "types",
        service="gateway",
    ),
    Mutation(
        "limit of bodies lowered",
        "orders/openapi.yaml",
        put(1024, *PLACE, "x-body-limit-bytes"),
        "diff",
    ),
    Mutation(
        "two operations of one name",
        "orders/openapi.yaml",
        put("list_orders", *GET, "operationId"),
        "generator lint diff",
    ),
    Mutation(
        "operation named by a keyword",
        "orders/openapi.yaml",
        put("yield", *GET, "operationId"),
        "generator lint diff",
    ),
    Mutation(
        "default of a parameter changed",
        "shared/components.yaml",
        put(10, "components", "parameters", "Limit", "schema", "default"),
        "diff",
        service="orders",
    ),
    Mutation(
        "optional parameter required",
        "orders/openapi.yaml",
        put(YES, "components", "parameters", "Reference", "required"),
        "diff",
    ),
    Mutation(
        "parameter added",
        "inventory/openapi.yaml",
        also({"name": "warehouse", "in": "query", "schema": TEXT}, *STOCK, "parameters"),
        "types",
    ),
    Mutation(
        "parameter removed",
        "orders/openapi.yaml",
        without({"$ref": "#/components/parameters/Reference"}, *LIST, "parameters"),
        "diff types",
    ),
    Mutation(
        "parameter's type changed",
        "orders/openapi.yaml",
        put(WHOLE, "components", "parameters", "OrderId", "schema"),
        "diff types",
    ),
    Mutation(
        "parameter no longer an enumeration",
        "orders/openapi.yaml",
        put(TEXT, "components", "parameters", "Status", "schema"),
        "types",
    ),
)
