"""Mutations of request and response bodies."""

from typing import Final

from tests.contract.mutations.mutation import TEXT, WHOLE, Mutation

from waybill_toolkit.testing.contract_edits import (
    SCHEMAS,
    also,
    both,
    drop_field,
    field,
    put,
    remove,
)

BODIES: Final = (
    Mutation(
        "required field added to a request",
        "orders/openapi.yaml",
        field("PlaceOrder", "channel", TEXT),
        "lint diff fields examples",
    ),
    Mutation(
        "required field added to an answer",
        "orders/openapi.yaml",
        field("Order", "weight_grams", WHOLE),
        "lint types fields examples",
    ),
    Mutation(
        "optional field added to an answer",
        "orders/openapi.yaml",
        field("Order", "weight_grams", WHOLE, required=False),
        "lint types fields",
    ),
    Mutation(
        "optional field added to a request",
        "orders/openapi.yaml",
        field("PlaceOrder", "gift_note", TEXT, required=False),
        "lint fields",
    ),
    Mutation(
        "field removed from an answer",
        "inventory/openapi.yaml",
        drop_field("StockLevel", "committed"),
        "lint diff types examples",
    ),
    Mutation(
        "field of a request removed",
        "inventory/openapi.yaml",
        drop_field("AdjustStock", "reason"),
        "lint diff types examples",
    ),
    Mutation(
        "type of a field of an answer changed",
        "inventory/openapi.yaml",
        put(TEXT, *SCHEMAS, "StockLevel", "properties", "on_hand"),
        "lint diff types examples",
    ),
    Mutation(
        "type of a field of a request changed",
        "orders/openapi.yaml",
        put(TEXT, *SCHEMAS, "PlaceOrderLine", "properties", "quantity"),
        "lint diff types examples",
    ),
    Mutation(
        "shared field added",
        "shared/components.yaml",
        field("Money", "exponent", WHOLE),
        "lint diff types fields examples",
        service="payments",
    ),
    Mutation(
        "constraint tightened",
        "shared/components.yaml",
        put({"type": "integer", "maximum": 1}, *SCHEMAS, "Money", "properties", "amount_minor"),
        "lint diff examples",
    ),
    Mutation(
        "value added to an answer",
        "inventory/openapi.yaml",
        also("lost", *SCHEMAS, "Reservation", "properties", "status", "enum"),
        "diff",
    ),
    Mutation(
        "pattern of a shared value removed",
        "shared/components.yaml",
        remove(*SCHEMAS, "Sku", "pattern"),
        "lint diff examples",
        service="catalog",
    ),
    Mutation(
        "example that does not fit",
        "shared/components.yaml",
        put({"amount_minor": -1, "currency": "GBP"}, *SCHEMAS, "Price", "example"),
        "lint",
        service="orders",
    ),
    Mutation(
        "schema without an example",
        "orders/openapi.yaml",
        both(
            put({"type": "object", "properties": {"by": TEXT}}, *SCHEMAS, "Cancel"),
            put(
                {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Cancel"}}
                    },
                },
                *("paths", "/v1/orders/{order_id}/cancellation", "post", "requestBody"),
            ),
        ),
        "generator lint diff",
    ),
    Mutation(
        "reference to nothing",
        "orders/openapi.yaml",
        put({"$ref": "#/components/schemas/Gone"}, *SCHEMAS, "Order", "properties", "status"),
        "generator lint",
    ),
)
