"""Changes that a simple comparison gets wrong."""

from waybill_toolkit.testing.contract_edits import SCHEMAS, also, put, remove

from .cases import EVENTS, GATEWAY, HTTP, NO, TEXT, WHOLE, YES, answer, breaking, request, safe, was

PAY = request("pay")
ODD = {"title": TEXT, "description": TEXT, "x-y": TEXT}
BRANCHES = [{"type": "integer"}, {"type": "number"}]

FOOLED = [
    breaking(
        "tag means another branch",
        HTTP,
        put("#/components/schemas/Cash", *PAY, "discriminator", "mapping", "card"),
    ),
    breaking("tag removed", HTTP, remove(*PAY, "discriminator", "mapping", "card")),
    safe(
        "tag added",
        HTTP,
        put("#/components/schemas/Cash", *PAY, "discriminator", "mapping", "coins"),
    ),
    breaking("address of everything moved", GATEWAY, put([{"url": "/api"}], "servers")),
    was(
        put(ODD, *SCHEMAS, "Sell", "patternProperties"),
        breaking(
            "field called title, by a pattern",
            HTTP,
            put(WHOLE, *SCHEMAS, "Sell", "patternProperties", "title"),
        ),
    ),
    was(
        put({"type": "object", "properties": ODD}, *answer("properties")),
        breaking(
            "field called title, in one called properties",
            HTTP,
            put(WHOLE, *answer("properties"), "properties", "title"),
            "mail",
        ),
    ),
    was(
        put([{"title": "a"}], *request("note"), "enum"),
        breaking(
            "value that looks like words changed",
            HTTP,
            put("b", *request("note"), "enum", "0", "title"),
        ),
    ),
    was(
        put({"title": "a"}, *request("hint"), "default"),
        breaking(
            "default that looks like words changed",
            HTTP,
            put("b", *request("hint"), "default", "title"),
        ),
    ),
    was(
        put(YES, *request("hint"), "default"),
        breaking("default true is 1", HTTP, put(1, *request("hint"), "default")),
    ),
    safe("default 1 written as 1.0", HTTP, put(1.0, *request("quantity"), "default")),
    was(
        put({"oneOf": BRANCHES[:1]}, *request("tip")),
        breaking("branch added that overlaps", HTTP, also(BRANCHES[1], *request("tip"), "oneOf")),
    ),
    was(
        put({"oneOf": BRANCHES[:1]}, *request("tip")),
        safe("branch added that does not", HTTP, also(TEXT, *request("tip"), "oneOf")),
    ),
    was(
        put(4, *request("quantity"), "multipleOf"),
        safe("smaller steps taken", HTTP, put(2, *request("quantity"), "multipleOf")),
    ),
    was(
        put(4, *request("quantity"), "multipleOf"),
        breaking("other steps taken", HTTP, put(6, *request("quantity"), "multipleOf")),
    ),
    was(
        put(TEXT, *SCHEMAS, "Sold", "additionalProperties"),
        breaking(
            "other fields of an event no longer text",
            EVENTS,
            remove(*SCHEMAS, "Sold", "additionalProperties"),
            "mail",
        ),
    ),
    safe("anything taken", HTTP, put(YES, *request("note"))),
    breaking("nothing taken", HTTP, put(NO, *request("note"))),
    safe("one value of an answer left", HTTP, put({"const": "shelf"}, *answer("place"))),
    was(
        put({"$ref": "#/components/schemas/State"}, *request("note")),
        breaking("limit next to a reference", HTTP, put(9, *request("note"), "maxLength")),
    ),
]
