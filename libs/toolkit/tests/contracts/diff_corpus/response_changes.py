"""Responses."""

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
    GATEWAY,
    GET,
    HTTP,
    NO,
    PROBLEMS,
    SELL,
    SHARED,
    TEXT,
    YES,
    answer,
    breaking,
    safe,
    was,
)

_SELLER = {"type": "string", "x-personal": "sale_id"}

ANSWERS = [
    safe(
        "field of an answer is personal now",
        HTTP,
        put("sale_id", *answer("place"), "x-personal"),
    ),
    was(
        put(_SELLER, *answer("place")),
        breaking(
            "field of an answer is not personal any more",
            HTTP,
            remove(*answer("place"), "x-personal"),
            "mail",
        ),
    ),
    was(
        put(_SELLER, *answer("place")),
        breaking(
            "field of an answer is of another person",
            HTTP,
            put("sku", *answer("place"), "x-personal"),
            "mail",
        ),
    ),
    breaking("field of an answer removed", HTTP, drop_field("Sale", "sold_at"), "mail"),
    breaking(
        "optional field of an answer removed",
        HTTP,
        drop_field("Sale", "due", required=False),
        "mail",
    ),
    breaking("field of an answer renamed", HTTP, rename("seller", *answer("due")), "mail"),
    breaking(
        "field of an answer optional", HTTP, without("price", *SCHEMAS, "Sale", "required"), "mail"
    ),
    breaking("type of an answer's field changed", HTTP, put(TEXT, *answer("rating")), "mail"),
    breaking(
        "integer of an answer widened", HTTP, put("number", *answer("rating"), "type"), "mail"
    ),
    breaking(
        "answer's field can be null",
        HTTP,
        put({"type": ["string", "null"], "format": "date"}, *answer("due")),
        "mail",
    ),
    breaking("format of an answer's field removed", HTTP, remove(*answer("due"), "format"), "mail"),
    breaking(
        "maximum of an answer's field raised", HTTP, put(10, *answer("rating"), "maximum"), "mail"
    ),
    breaking("value of an answer added", HTTP, also("lost", *SCHEMAS, "State", "enum"), "mail"),
    breaking("shared field removed", SHARED, drop_field("Money", "currency"), "mail"),
    breaking("shared pattern removed", SHARED, remove(*SCHEMAS, "Currency", "pattern"), "mail"),
    breaking("success replaced", HTTP, rename("200", *SELL, "responses", "201")),
    breaking("success added", HTTP, copy((*SELL, "responses", "202"), *SELL, "responses", "201")),
    breaking("status removed", HTTP, remove(*GET, "responses", "404"), "mail"),
    breaking(
        "body of an answer removed", HTTP, remove(*GET, "responses", "200", "content"), "mail"
    ),
    breaking(
        "header of an answer removed",
        HTTP,
        remove(*SELL, "responses", "201", "headers", "Location"),
    ),
    breaking(
        "header of an answer optional",
        HTTP,
        remove(*SELL, "responses", "201", "headers", "Location", "required"),
    ),
    breaking("problem removed", HTTP, without("sold-out", *SELL, "responses", "409", "x-problems")),
    breaking(
        "problem moved to another status",
        HTTP,
        both(
            without("sold-out", *SELL, "responses", "409", "x-problems"),
            also("sold-out", *SELL, "responses", "422", "x-problems"),
        ),
    ),
    breaking("field of a problem removed", PROBLEMS, remove("sold-out", "fields", "left")),
    breaking(
        "type of a problem's field changed", PROBLEMS, put(TEXT, "sold-out", "fields", "left")
    ),
    breaking("answer of the gateway removed", GATEWAY, remove("answers", "every_operation", "502")),
    safe(
        "answer of the gateway added",
        GATEWAY,
        copy(("answers", "every_operation", "504"), "answers", "every_operation", "502"),
    ),
    safe("required field added to an answer", HTTP, field("Sale", "seller", TEXT)),
    safe("optional field added to an answer", HTTP, field("Sale", "seller", TEXT, required=False)),
    safe("field of an answer always there", HTTP, also("due", *SCHEMAS, "Sale", "required")),
    safe("answer's field never null", HTTP, put("string", *answer("next"), "type")),
    safe("maximum of an answer's field lowered", HTTP, put(4, *answer("rating"), "maximum")),
    safe("value of an answer removed", HTTP, without("gone", *answer("place"), "enum")),
    safe("number of an answer narrowed", HTTP, put("integer", *answer("weight"), "type")),
    safe("answer closed to more fields", HTTP, put(NO, *SCHEMAS, "Sale", "additionalProperties")),
    safe("304 added", HTTP, copy((*GET, "responses", "304"), *GET, "responses", "404")),
    safe("error status added", HTTP, copy((*GET, "responses", "410"), *GET, "responses", "404")),
    safe("problem added", HTTP, also("sold-out", *SELL, "responses", "422", "x-problems")),
    safe("field of a problem added", PROBLEMS, put(TEXT, "sold-out", "fields", "shop")),
    safe("title of a problem changed", PROBLEMS, put("All gone", "sold-out", "title")),
    safe(
        "header of an answer added",
        HTTP,
        put({"ETag": {"schema": TEXT}}, *GET, "responses", "200", "headers"),
    ),
    safe(
        "header of an answer always there",
        HTTP,
        put(YES, *SELL, "responses", "201", "headers", "ETag", "required"),
    ),
    safe("answer described", HTTP, put("What was sold.", *SCHEMAS, "Sale", "description")),
]
