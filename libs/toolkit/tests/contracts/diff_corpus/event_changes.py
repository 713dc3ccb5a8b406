"""Events and commands."""

from waybill_toolkit.testing.contract_edits import (
    SCHEMAS,
    also,
    both,
    copy,
    drop_field,
    field,
    put,
    remove,
    rename,
    without,
)

from .cases import (
    EVENTS,
    MAIL,
    MESSAGES,
    NO,
    SHARED,
    STOCK,
    TEXT,
    WHOLE,
    breaking,
    of,
    safe,
    set_aside,
    sold,
    was,
)

HOW = (*SCHEMAS, "How")

EVENT_CASES = [
    was(
        remove(*of("Buyer", "name"), "x-personal"),
        safe(
            "field of an event is personal now",
            EVENTS,
            put("sale_id", *of("Buyer", "name"), "x-personal"),
        ),
    ),
    breaking(
        "field of an event is not personal any more",
        EVENTS,
        remove(*of("Buyer", "name"), "x-personal"),
        "mail",
    ),
    breaking(
        "event removed",
        EVENTS,
        both(
            remove("operations", "publish", "messages", "1"),
            remove("channels", "sale_events", "messages", "refunded"),
        ),
    ),
    breaking(
        "event no longer sent", EVENTS, remove("operations", "publish", "messages", "0"), "mail"
    ),
    breaking(
        "event type renamed", EVENTS, put("shop.sold-out.v1", *MESSAGES, "sold", "name"), "mail"
    ),
    breaking(
        "topic renamed",
        EVENTS,
        put("shop.deal-events.v1", "channels", "sale_events", "address"),
        "mail",
    ),
    breaking("key changed", EVENTS, put("how", *MESSAGES, "sold", "x-key"), "mail"),
    breaking("partitions added", EVENTS, put(8, "channels", "sale_events", "x-partitions"), "mail"),
    breaking(
        "retention shortened",
        EVENTS,
        put(12, "channels", "sale_events", "x-retention-hours"),
        "mail",
    ),
    breaking("content type changed", EVENTS, put("text/csv", "defaultContentType"), "mail"),
    breaking("required field of an event removed", EVENTS, drop_field("Sold", "price"), "mail"),
    breaking(
        "optional field of an event removed",
        EVENTS,
        drop_field("Sold", "units", required=False),
        "mail",
    ),
    breaking("field of an event renamed", EVENTS, rename("count", *sold("units")), "mail"),
    breaking("required field added to an event", EVENTS, field("Sold", "shop", TEXT), "mail"),
    breaking(
        "field of an event required", EVENTS, also("units", *SCHEMAS, "Sold", "required"), "mail"
    ),
    breaking(
        "field of an event optional", EVENTS, without("price", *SCHEMAS, "Sold", "required"), "mail"
    ),
    breaking("type of an event's field changed", EVENTS, put(TEXT, *sold("units")), "mail"),
    breaking("integer of an event widened", EVENTS, put("number", *sold("units"), "type"), "mail"),
    breaking(
        "event's field can be null",
        EVENTS,
        put(["string", "null"], *HOW, "type"),
        "mail",
    ),
    breaking("value added to an event", EVENTS, also("gift", *HOW, "enum"), "mail"),
    breaking("value removed from an event", EVENTS, without("cash", *HOW, "enum"), "mail"),
    breaking(
        "maximum of an event's field raised", EVENTS, put(1000, *sold("units"), "maximum"), "mail"
    ),
    breaking(
        "maximum of an event's field lowered", EVENTS, put(10, *sold("units"), "maximum"), "mail"
    ),
    breaking(
        "field within an event removed",
        EVENTS,
        remove(*of("Buyer", "name")),
        "mail",
    ),
    safe(
        "optional field added to a shared schema",
        SHARED,
        field("Money", "exponent", WHOLE, required=False),
    ),
    was(
        put(NO, *SCHEMAS, "Money", "additionalProperties"),
        breaking(
            "optional field added to a closed shared schema",
            SHARED,
            field("Money", "exponent", WHOLE, required=False),
            "mail",
        ),
    ),
    breaking("event that only one service receives", STOCK, drop_field("Counted", "units"), "shop"),
    breaking("event that nobody here receives", STOCK, put(WHOLE, *of("Lost", "sku"))),
    safe("optional field added to an event", EVENTS, field("Sold", "shop", TEXT, required=False)),
    safe(
        "optional field added within an event",
        EVENTS,
        put(TEXT, *of("Buyer", "mail")),
    ),
    safe(
        "event added",
        EVENTS,
        both(
            copy((*MESSAGES, "lost"), *MESSAGES, "sold"),
            put("shop.lost.v1", *MESSAGES, "lost", "name"),
            put(
                {"$ref": "#/components/messages/lost"},
                "channels",
                "sale_events",
                "messages",
                "lost",
            ),
        ),
    ),
    safe(
        "topic added",
        STOCK,
        both(
            copy(("channels", "x"), "channels", "commands"),
            put("stock.x-events.v1", "channels", "x", "address"),
            put({}, "channels", "x", "messages"),
        ),
    ),
    safe(
        "event received besides",
        MAIL,
        also(
            {"$ref": "../shop/asyncapi.yaml#/channels/sale_events/messages/refunded"},
            "operations",
            "receive",
            "messages",
        ),
    ),
    safe("event no longer received", MAIL, remove("operations", "receive")),
    safe("retention prolonged", EVENTS, put(48, "channels", "sale_events", "x-retention-hours")),
    safe(
        "closed in words: receivers ignore what they do not know",
        EVENTS,
        put(NO, *SCHEMAS, "Sold", "additionalProperties"),
    ),
    safe(
        "open in words: senders send only what they know",
        STOCK,
        remove(*SCHEMAS, "Counted", "additionalProperties"),
    ),
    safe("event described", EVENTS, put("Sold for good.", *MESSAGES, "sold", "summary")),
    safe(
        "payload renamed",
        EVENTS,
        both(
            rename("SaleMade", *SCHEMAS, "Sold"),
            put({"$ref": "#/components/schemas/SaleMade"}, *MESSAGES, "sold", "payload"),
        ),
    ),
    safe(
        "message component renamed",
        EVENTS,
        both(
            rename("sale", *MESSAGES, "sold"),
            put(
                {"$ref": "#/components/messages/sale"},
                "channels",
                "sale_events",
                "messages",
                "sold",
            ),
        ),
    ),
]

COMMANDS = [
    breaking("command no longer obeyed", STOCK, remove("operations", "obey"), "shop"),
    breaking(
        "required field added to a command", STOCK, field("SetAside", "shop", TEXT), "shop stock"
    ),
    breaking(
        "field of a command removed",
        STOCK,
        drop_field("SetAside", "until", required=False),
        "shop stock",
    ),
    breaking(
        "maximum of a command's field lowered",
        STOCK,
        put(5, *set_aside("units"), "maximum"),
        "shop stock",
    ),
    breaking(
        "topic of commands renamed",
        STOCK,
        put("stock.orders.v1", "channels", "commands", "address"),
        "shop stock",
    ),
    safe(
        "optional field added to a command", STOCK, field("SetAside", "shop", TEXT, required=False)
    ),
    safe("command no longer given", EVENTS, remove("operations", "command")),
]
