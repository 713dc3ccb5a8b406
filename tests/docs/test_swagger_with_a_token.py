"""The Authorize button of Swagger UI takes a bearer token, which its requests then send."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from waybill.http.access import TokenFile
from waybill_toolkit.contracts.mock.service import mock_of
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.browser import DESK, Browser
from waybill_toolkit.testing.serving import serving

TREE: Final = Repository(Path(__file__).parents[2])
TOKEN: Final = "the-token-of-the-test"  # noqa: S105 (of this test)

# Evaluated again and again until it is true. Each time it does the next step that is possible.
CLICKS: Final = f"""(() => {{
  const block = document.querySelector("#operations-orders-list_orders");
  const click = (within, selector) => {{
    const found = within?.querySelector(selector);
    found?.click();
    return Boolean(found);
  }};
  const page = document;
  const shown = block?.querySelector(
    ".live-responses-table tr.response .response-col_status")?.innerText ?? "";
  window.seen ??= [];
  if (window.executed && shown && !window.seen.includes(shown)) window.seen.push(shown);
  if (window.seen.length === 2) return window.seen.join(" ").startsWith("401 200");
  if (!window.opened) window.opened = click(block, ".opblock-summary-control");
  else if (!window.tried) window.tried = click(block, ".try-out__btn");
  else if (!window.executed) window.executed = click(block, ".btn.execute");
  else if (window.seen.length === 1 && !window.asked) {{
    window.asked = click(page, ".scheme-container .btn.authorize");
  }}
  else if (window.asked && !window.filled) {{
    const input = page.querySelector(".auth-container input");
    if (!input) return false;
    const value = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
    value.set.call(input, "{TOKEN}");
    input.dispatchEvent(new Event("input", {{bubbles: true}}));
    window.filled = true;
  }}
  else if (window.filled && !window.sent) {{
    window.sent = click(page, ".auth-btn-wrapper .btn.authorize");
  }}
  else if (window.sent && !window.left) window.left = click(page, ".btn.btn-done");
  else if (window.left && !window.again) window.again = click(block, ".btn.execute");
  return false;
}})()"""


async def test_a_request_is_admitted_when_its_token_was_entered(
    tmp_path: Path, open_browser: Callable[[], AbstractAsyncContextManager[Browser]]
) -> None:
    grant = {"subject": "alice", "scopes": ["orders:any", "orders:read"]}
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({hashlib.sha256(TOKEN.encode()).hexdigest(): grant}))
    mock = mock_of(TREE, "orders", TokenFile.load(tokens))

    with serving(mock) as address:
        async with open_browser() as browser:
            look = await browser.look(f"{address}/docs", DESK, CLICKS)

    assert len([url for url in look.requests if "/v1/orders" in url]) == 2
