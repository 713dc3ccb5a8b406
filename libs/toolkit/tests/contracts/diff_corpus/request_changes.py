"""Requests."""

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
    HTTP,
    JSON,
    KEY,
    NO,
    PARAMETERS,
    SELL,
    TEXT,
    WHOLE,
    YES,
    breaking,
    parameter,
    request,
    safe,
    was,
)

REQUESTS = [
    breaking("required field added to a request", HTTP, field("Sell", "shop", TEXT)),
    breaking("field of a request removed", HTTP, drop_field("Sell", "note", required=False)),
    breaking("field of a request renamed", HTTP, rename("remark", *request("note"))),
    breaking("field of a request required", HTTP, also("note", *SCHEMAS, "Sell", "required")),
    breaking("type of a request's field changed", HTTP, put(WHOLE, *request("note"))),
    breaking("null no longer taken", HTTP, put({"type": "string"}, *request("hint"))),
    breaking("pattern added", HTTP, put("^[a-z]+$", *request("note"), "pattern")),
    breaking("maxLength lowered", HTTP, put(100, *request("note"), "maxLength")),
    breaking("maximum lowered", HTTP, put(10, *request("quantity"), "maximum")),
    breaking(
        "minimum raised by excluding it", HTTP, put(1, *request("quantity"), "exclusiveMinimum")
    ),
    breaking("default changed", HTTP, put(2, *request("quantity"), "default")),
    breaking("branch of a union removed", HTTP, remove(*request("pay"), "oneOf", "1")),
    breaking("value of a request removed", HTTP, without("gift", *request("kind"), "enum")),
    breaking("number narrowed to integer", HTTP, put("integer", *request("tip"), "type")),
    was(
        remove(*SCHEMAS, "Card", "additionalProperties"),
        breaking(
            "additional fields forbidden", HTTP, put(NO, *SCHEMAS, "Card", "additionalProperties")
        ),
    ),
    breaking("unknown keyword added", HTTP, put({"required": ["note"]}, *SCHEMAS, "Sell", "if")),
    breaking("body no longer taken", HTTP, remove(*SELL, "requestBody")),
    breaking(
        "media type replaced", HTTP, rename("text/csv", *SELL, "requestBody", "content", JSON)
    ),
    breaking("required parameter added", HTTP, parameter("shop", TEXT, required=True), "mail"),
    breaking("parameter removed", HTTP, remove(*PARAMETERS, "2"), "mail"),
    breaking("parameter required", HTTP, put(YES, *PARAMETERS, "3", "required"), "mail"),
    breaking(
        "type of a parameter changed", HTTP, put(WHOLE, *PARAMETERS, "3", "schema", "items"), "mail"
    ),
    breaking("parameter's place changed", HTTP, put("header", *PARAMETERS, "2", "in"), "mail"),
    breaking(
        "parameter's default changed", HTTP, put(10, *PARAMETERS, "2", "schema", "default"), "mail"
    ),
    breaking(
        "parameter's default removed", HTTP, remove(*PARAMETERS, "2", "schema", "default"), "mail"
    ),
    breaking("parameter's spelling changed", HTTP, put(NO, *PARAMETERS, "3", "explode"), "mail"),
    breaking("idempotency key removed", HTTP, remove(*SELL, "parameters", "0")),
    breaking("idempotency key required", HTTP, also({"$ref": KEY}, *PARAMETERS), "mail"),
    safe("additional fields allowed", HTTP, remove(*SCHEMAS, "Card", "additionalProperties")),
    safe("optional field added to a request", HTTP, field("Sell", "shop", TEXT, required=False)),
    safe("field of a request optional", HTTP, without("sku", *SCHEMAS, "Sell", "required")),
    safe("null taken", HTTP, put({"type": ["string", "null"], "maxLength": 200}, *request("note"))),
    safe(
        "null taken as a branch",
        HTTP,
        put({"oneOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]}, *request("note")),
    ),
    safe("pattern removed", HTTP, remove(*request("code"), "pattern")),
    safe("maxLength raised", HTTP, put(300, *request("note"), "maxLength")),
    safe("maxLength removed", HTTP, remove(*request("note"), "maxLength")),
    safe("minLength of nothing", HTTP, put(0, *request("note"), "minLength")),
    safe(
        "minimum written otherwise",
        HTTP,
        both(
            remove(*request("quantity"), "minimum"),
            put(0, *request("quantity"), "exclusiveMinimum"),
        ),
    ),
    safe("integer widened to number", HTTP, put("number", *request("quantity"), "type")),
    safe("value of a request added", HTTP, also("loan", *request("kind"), "enum")),
    safe(
        "branch of a union added",
        HTTP,
        both(
            copy((*SCHEMAS, "Cheque"), *SCHEMAS, "Card"),
            also({"$ref": "#/components/schemas/Cheque"}, *request("pay"), "oneOf"),
        ),
    ),
    safe(
        "branches in another order",
        HTTP,
        put(
            [{"$ref": "#/components/schemas/Cash"}, {"$ref": "#/components/schemas/Card"}],
            *request("pay"),
            "oneOf",
        ),
    ),
    safe(
        "schema renamed",
        HTTP,
        both(
            rename("Order", *SCHEMAS, "Sell"),
            put(
                {"$ref": "#/components/schemas/Order"},
                *SELL,
                "requestBody",
                "content",
                JSON,
                "schema",
            ),
        ),
    ),
    safe(
        "schema wrapped to describe it",
        HTTP,
        put(
            {"allOf": [{"$ref": "#/components/schemas/Card"}], "description": "By card."},
            *request("pay"),
            "oneOf",
            "0",
        ),
    ),
    safe(
        "schema written inline",
        HTTP,
        put({"type": "string", "enum": ["open", "closed"]}, *PARAMETERS, "4", "schema"),
    ),
    safe("optional parameter added", HTTP, parameter("shop", TEXT)),
    safe("parameter described", HTTP, put("How many.", *PARAMETERS, "2", "description")),
    safe(
        "parameters in another order",
        HTTP,
        both(
            also({"$ref": "#/components/parameters/SaleId"}, *PARAMETERS), remove(*PARAMETERS, "0")
        ),
    ),
    safe("word that is no keyword added", HTTP, put(YES, *SCHEMAS, "Sell", "of course")),
    safe("example added", HTTP, put({"sku": "a"}, *SCHEMAS, "Sell", "example")),
]
