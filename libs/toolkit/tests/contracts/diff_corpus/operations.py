"""Operations and their identity."""

from waybill_toolkit.testing.contract_edits import also, both, copy, put, remove, rename

from .cases import GATEWAY, GET, HTTP, SELL, SHARED, TOKEN, YES, breaking, safe

RENAMED = both(
    rename("/v1/sales/{id}", *GET[:2]), put("id", "components", "parameters", "SaleId", "name")
)

OPERATIONS = [
    breaking("operation removed", HTTP, remove(*SELL)),
    breaking("operation removed that a service calls", HTTP, remove(*GET), "mail"),
    breaking("path moved", HTTP, rename("/v1/deals", "paths", "/v1/sales")),
    breaking("path parameter renamed", HTTP, RENAMED, "mail"),
    breaking("method changed", HTTP, rename("put", *SELL)),
    breaking("operationId changed", HTTP, put("read_sale", *GET, "operationId"), "mail"),
    breaking("scope added", HTTP, also("shop:write", *GET, "security", "0", "oauth2"), "mail"),
    breaking("scope replaced", HTTP, put([{"oauth2": ["mail:read"]}], *SELL, "security")),
    breaking("cost raised", HTTP, put({"cost": 2}, *SELL, "x-rate-limit")),
    breaking("class changed", HTTP, put({"class": "read"}, *SELL, "x-rate-limit")),
    breaking("quota lowered", GATEWAY, put(9, "rate_limits", "write", "quota")),
    breaking("window longer", GATEWAY, put(61, "rate_limits", "write", "window_seconds")),
    breaking("body limit lowered", HTTP, put(1024, *SELL, "x-body-limit-bytes")),
    breaking("operation hidden from the public", HTTP, put(YES, *GET, "x-internal"), "mail"),
    breaking("server moved", HTTP, put([{"url": "/shop"}], "servers"), "mail"),
    breaking("token address changed", SHARED, put("/oauth", *TOKEN), "mail shop"),
    safe("operation added", HTTP, copy((*GET[:2], "delete"), *GET)),
    safe("path added", HTTP, copy(("paths", "/v1/deals"), "paths", "/v1/sales")),
    safe("operation deprecated", HTTP, put(YES, *GET, "deprecated")),
    safe("summary changed", HTTP, put("Read a sale", *GET, "summary")),
    safe(
        "link added", HTTP, put({"a": {"operationId": "sell"}}, *GET, "responses", "200", "links")
    ),
    safe("cost written", HTTP, put({"class": "write", "cost": 1}, *SELL, "x-rate-limit")),
    safe("quota raised", GATEWAY, put(11, "rate_limits", "write", "quota")),
    safe("body limit raised", HTTP, put(128 * 1024, *SELL, "x-body-limit-bytes")),
    safe("body limit left to the default", HTTP, remove(*SELL, "x-body-limit-bytes")),
    safe("operation opened to everybody", HTTP, put([], *GET, "security")),
    safe("second way in", HTTP, also({"oauth2": ["mail:read"]}, *GET, "security")),
    safe("scope declared", SHARED, put("Own", *TOKEN[:-1], "scopes", "shop:own")),
    safe("second service called", "mail/openapi.yaml", put(["get_units"], "x-calls", "stock")),
]
