"""Mutations of statuses, problems and headers."""

from typing import Final

from tests.contract.mutations.mutation import TEXT, Mutation

from waybill_toolkit.testing.contract_edits import also, copy, put, remove, rename, without

PLACE = ("paths", "/v1/orders", "post")
GET = ("paths", "/v1/orders/{order_id}", "get")
ADJUST = ("paths", "/v1/stock/{sku}/adjustments", "post")


ANSWERS: Final = (
    Mutation(
        "status removed", "orders/openapi.yaml", remove(*GET, "responses", "404"), "diff types"
    ),
    Mutation(
        "status of success changed",
        "orders/openapi.yaml",
        rename("200", *PLACE, "responses", "201"),
        "diff types answers",
    ),
    Mutation(
        "status of success added",
        "inventory/openapi.yaml",
        copy((*ADJUST, "responses", "202"), *ADJUST, "responses", "201"),
        "diff answers",
    ),
    Mutation(
        "status of the runtime removed",
        "orders/openapi.yaml",
        remove(*PLACE, "responses", "413"),
        "generator lint diff",
    ),
    Mutation(
        "default answer",
        "orders/openapi.yaml",
        rename("default", *GET, "responses", "404"),
        "generator lint diff",
    ),
    Mutation(
        "problem added",
        "inventory/openapi.yaml",
        also("order-not-cancellable", *ADJUST, "responses", "409", "x-problems"),
        "answers",
    ),
    Mutation(
        "problem removed",
        "orders/openapi.yaml",
        without("currency-mismatch", *PLACE, "responses", "422", "x-problems"),
        "diff types registry",
    ),
    Mutation(
        "problem unknown",
        "orders/openapi.yaml",
        put(["order-gone"], *GET, "responses", "404", "x-problems"),
        "generator lint diff",
    ),
    Mutation(
        "problem's status changed",
        "shared/problems.yaml",
        put(410, "order-not-found", "status"),
        "generator lint",
        service="orders",
    ),
    Mutation(
        "field added to a problem",
        "shared/problems.yaml",
        put(TEXT, "unknown-sku", "fields", "suggestion"),
        "types",
        service="orders",
    ),
    Mutation(
        "problem of the runtime changed",
        "shared/problems.yaml",
        put("Not allowed", "forbidden", "title"),
        "registry",
    ),
    Mutation(
        "header of an answer added",
        "orders/openapi.yaml",
        put({"required": True, "schema": TEXT}, *PLACE, "responses", "201", "headers", "ETag"),
        "types",
    ),
    Mutation(
        "header of an answer removed",
        "orders/openapi.yaml",
        remove(*PLACE, "responses", "201", "headers"),
        "diff types",
    ),
)
