"""Swagger UI logs in a person of the demonstration, by a code with PKCE, and places an order.

The screenshot is kept in build/screenshots/.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from waybill_toolkit.operations.workload.demo import open_shop
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.testing.browser import DESK, Browser

PICTURES: Final = Path(__file__).parents[2] / "build" / "screenshots"

# Evaluated again and again until it is true. Each time it does the next step that is possible: log
# in as carol in the window that opens, who may place the example's order for another customer.
CLICKS: Final = """(() => {
  const done = (window.done ??= new Set());
  const once = (name, found) => {
    if (!found || done.has(name)) return false;
    done.add(name);
    found.click();
    return true;
  };
  if (!window.opening) {
    window.opening = window.open;
    window.open = (...given) => (window.login = window.opening(...given));
  }
  const named = (root, text) =>
    [...root.querySelectorAll("button")].find((each) => each.innerText.includes(text));
  const block = document.querySelector("#operations-orders-place_order");
  const modal = document.querySelector(".dialog-ux");
  const forms = [...(modal?.querySelectorAll(".auth-container") ?? [])];
  const form = forms.findLast((each) => each.innerText.includes("authorizationCode"));
  const error = form?.querySelector(".errors");
  if (error) throw new Error(error.innerText);
  const page = window.login && !window.login.closed ? window.login.document : undefined;
  if (page?.readyState === "complete") {
    if (once("login", named(page, "Continue as carol"))) return false;
    if (once("permit", named(page, "Permit"))) return false;
    return false;
  }
  if (once("dialog", block && document.querySelector(".btn.authorize"))) return false;
  if (form && !done.has("ask")) {
    window.scopes = form.querySelectorAll("input[type=checkbox]:checked").length;
    once("ask", form.querySelector(".btn.authorize"));
    return false;
  }
  if (form && named(form, "Logout")) once("close", modal.querySelector(".close-modal"));
  if (!done.has("close")) return false;
  once("show", block.querySelector(".opblock-summary-control"));
  once("try", block.querySelector(".try-out__btn"));
  once("execute", block.querySelector(".btn.execute"));
  const answer = block.querySelector(".live-responses-table tr.response");
  const shown = answer?.querySelector(".response-col_status")?.innerText ?? "";
  if (shown && !shown.startsWith("201")) throw new Error(`${shown}: ${answer.innerText}`);
  answer?.scrollIntoView({ block: "center" });
  return shown.startsWith("201");
})()"""


async def test_an_order_is_placed_after_a_login_with_preselected_scopes(
    open_browser: Callable[[], AbstractAsyncContextManager[Browser]], guarded_platform: Platform
) -> None:
    client, shop = client_of(guarded_platform), open_shop(0)
    try:
        await seed(client, shop.variants, shop.units)
    finally:
        client.close()
    gateway = guarded_platform.addresses[GATEWAY]

    async with open_browser() as browser:
        look = await browser.look(f"{gateway}/docs", DESK, CLICKS, value="window.scopes")

    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "swagger-logs-in.png").write_bytes(look.picture)
    assert look.faults() == []
    assert int(str(look.value)) > 10
    assert [url for url in look.requests if url.endswith("/v1/orders")] == [f"{gateway}/v1/orders"]
