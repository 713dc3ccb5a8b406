"""Mutations of events, commands and topics."""

from typing import Any, Final

from tests.contract.mutations.mutation import TEXT, WHOLE, Mutation

from waybill_toolkit.testing.contract_edits import (
    SCHEMAS,
    also,
    copy,
    drop_field,
    field,
    put,
    remove,
    rename,
    without,
)

INVENTORY = "../inventory/asyncapi.yaml#/channels"


def _new_sent_event(document: dict[str, Any]) -> None:
    copy((*SCHEMAS, "VariantRemoved"), *SCHEMAS, "PriceChanged")(document)
    copy(("components", "messages", "variant_removed"), "components", "messages", "price_changed")(
        document
    )
    message = document["components"]["messages"]["variant_removed"]
    message |= {
        "name": "catalog.variant-removed.v1",
        "payload": {"$ref": "#/components/schemas/VariantRemoved"},
    }
    reference = {"$ref": "#/components/messages/variant_removed"}
    put(reference, "channels", "variant_events", "messages", "variant_removed")(document)
    also(
        {"$ref": "#/channels/variant_events/messages/variant_removed"},
        *("operations", "send_variant_events", "messages"),
    )(document)


EVENTS: Final = (
    Mutation(
        "event added to what is sent",
        "catalog/asyncapi.yaml",
        _new_sent_event,
        "lint answers",
    ),
    Mutation(
        "event removed from what is sent",
        "inventory/asyncapi.yaml",
        without(
            {"$ref": "#/channels/reservation_events/messages/stock_released"},
            *("operations", "send_reservation_events", "messages"),
        ),
        "diff types",
    ),
    Mutation(
        "event added to what is received",
        "orders/asyncapi.yaml",
        also(
            {"$ref": f"{INVENTORY}/reservation_events/messages/reservation_expired"},
            *("operations", "receive_reservation_events", "messages"),
        ),
        "types",
    ),
    Mutation(
        "event removed from what is received",
        "orders/asyncapi.yaml",
        without(
            {"$ref": f"{INVENTORY}/reservation_events/messages/stock_refused"},
            *("operations", "receive_reservation_events", "messages"),
        ),
        "types",
    ),
    Mutation(
        "event renamed by its owner",
        "inventory/asyncapi.yaml",
        rename("stock_set_aside", "channels", "reservation_events", "messages", "stock_reserved"),
        "generator lint",
        service="orders",
    ),
    Mutation(
        "required field added to an event",
        "inventory/asyncapi.yaml",
        field("StockReserved", "units", WHOLE),
        "lint diff types fields examples",
    ),
    Mutation(
        "optional field added to an event",
        "orders/asyncapi.yaml",
        field("OrderPlaced", "gift_note", TEXT, required=False),
        "lint types fields",
    ),
    Mutation(
        "optional field added to a command",
        "payments/asyncapi.yaml",
        field("CapturePayment", "note", TEXT, required=False),
        "lint fields",
    ),
    Mutation(
        "type of an event's field changed",
        "inventory/asyncapi.yaml",
        put(TEXT, *SCHEMAS, "WantedLine", "properties", "quantity"),
        "lint diff types examples",
        service="orders",
    ),
    Mutation(
        "field removed from an event",
        "catalog/asyncapi.yaml",
        drop_field("VariantAdded", "version"),
        "lint diff types examples",
        service="orders",
    ),
    Mutation(
        "key no longer a field",
        "inventory/asyncapi.yaml",
        drop_field("StockReserved", "order_id"),
        "generator lint diff",
    ),
    Mutation(
        "key removed",
        "inventory/asyncapi.yaml",
        remove("components", "messages", "stock_reserved", "x-key"),
        "generator lint diff",
    ),
    Mutation(
        "key is another field",
        "orders/asyncapi.yaml",
        put("customer_ref", "components", "messages", "order_placed", "x-key"),
        "generator lint diff",
    ),
    Mutation(
        "event of another name",
        "inventory/asyncapi.yaml",
        put("inventory.stock-taken.v1", "components", "messages", "stock_reserved", "name"),
        "diff",
    ),
    Mutation(
        "topic of another name",
        "inventory/asyncapi.yaml",
        put("inventory.stock-events.v1", "channels", "reservation_events", "address"),
        "diff",
    ),
    Mutation(
        "topic of another service",
        "inventory/asyncapi.yaml",
        put("orders.reservation-events.v1", "channels", "reservation_events", "address"),
        "generator lint diff",
    ),
    Mutation(
        "retention removed",
        "inventory/asyncapi.yaml",
        remove("channels", "commands", "x-retention-hours"),
        "generator lint diff",
    ),
    Mutation(
        "retention shortened",
        "inventory/asyncapi.yaml",
        put(1, "channels", "commands", "x-retention-hours"),
        "diff",
    ),
    Mutation(
        "partitions added",
        "inventory/asyncapi.yaml",
        put(16, "channels", "commands", "x-partitions"),
        "diff",
    ),
    Mutation(
        "command no longer obeyed",
        "inventory/asyncapi.yaml",
        without(
            {"$ref": "#/channels/commands/messages/release_stock"},
            *("operations", "receive_commands", "messages"),
        ),
        "diff types",
    ),
    Mutation(
        "value added to an event",
        "inventory/asyncapi.yaml",
        also("lost", *SCHEMAS, "CommitRefusedStatus", "enum"),
        "diff",
    ),
    Mutation(
        "limit of an event loosened",
        "inventory/asyncapi.yaml",
        put(2000, *SCHEMAS, "ReserveStock", "properties", "lines", "maxItems"),
        "diff",
    ),
    Mutation(
        "limit of an event tightened",
        "inventory/asyncapi.yaml",
        put(1, *SCHEMAS, "ReserveStock", "properties", "lines", "maxItems"),
        "lint diff examples",
    ),
    Mutation(
        "required field of an event made optional",
        "orders/asyncapi.yaml",
        without("totals", *SCHEMAS, "OrderPlaced", "required"),
        "diff",
    ),
    Mutation(
        "payload that is no schema",
        "orders/asyncapi.yaml",
        put("all", *SCHEMAS, "OrderPlaced", "required"),
        "generator lint diff",
    ),
    Mutation(
        "topic no longer declared",
        "inventory/asyncapi.yaml",
        remove("channels", "commands"),
        "generator lint",
        service="orders",
    ),
)
