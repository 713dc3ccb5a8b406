"""Swagger UI places an order at the first click, and another one at the next.

The screenshot is kept in build/screenshots/.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import httpx

from waybill_toolkit.operations.workload.client import Client
from waybill_toolkit.operations.workload.demo import open_shop
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.browser import DESK, Browser

PICTURES: Final = Path(__file__).parents[2] / "build" / "screenshots"

# Evaluated again and again until it is true. Each time it does the next step that is possible.
CLICKS: Final = """(() => {
  const block = document.querySelector("#operations-orders-place_order");
  const click = (selector) => {
    const found = block?.querySelector(selector);
    found?.click();
    return Boolean(found);
  };
  const answer = block?.querySelector(".live-responses-table tr.response");
  const shown = answer?.querySelector(".response-col_status")?.innerText ?? "";
  const body = answer?.querySelector("pre")?.innerText;
  const order = body?.match(/"order_id": "([0-9a-f-]+)"/)?.[1];
  window.orders ??= new Set();
  if (shown.startsWith("201") && order) window.orders.add(order);
  else if (shown) throw new Error(`${shown}: ${body}`);
  if (window.orders.size === 2) return true;
  if (!window.opened) window.opened = click(".opblock-summary-control");
  else if (!window.tried) window.tried = click(".try-out__btn");
  else if (window.clicks === undefined || (window.orders.size === 1 && window.clicks === 1)) {
    if (click(".btn.execute")) window.clicks = (window.clicks ?? 0) + 1;
  }
  return false;
})()"""


async def test_two_clicks_place_two_orders(
    open_browser: Callable[[], AbstractAsyncContextManager[Browser]], platform: Platform
) -> None:
    gateway = platform.addresses["gateway"]
    client = Client(gateway, gateway, gateway)
    shop = open_shop(0)
    try:
        await seed(client, shop.variants, shop.units)
    finally:
        client.close()

    async with open_browser() as browser:
        look = await browser.look(f"{gateway}/docs", DESK, CLICKS)

    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "swagger-places-an-order.png").write_bytes(look.picture)
    assert look.faults() == []
    posted = [url for url in look.requests if url.endswith("/v1/orders")]
    assert len(posted) == 2
    async with httpx.AsyncClient(base_url=gateway) as http:
        newest = (await http.get("/v1/orders", params={"limit": 2})).json()["items"]
    assert [order["customer_ref"] for order in newest] == ["17850", "17850"]
