"""Devices without a browser."""

import httpx
import pytest

from identity.testing.browser import (
    form_of,
    log_in,
)
from identity.testing.people import SECRET

pytestmark = pytest.mark.usefixtures("shop")


class TestDevices:
    async def codes(self, browser: httpx.AsyncClient) -> dict[str, str]:
        answer = await browser.post(
            "/oauth/device_authorization", data={"scope": "orders:read"}, auth=("shop", SECRET)
        )
        codes: dict[str, str] = answer.json()
        return codes

    async def poll(self, browser: httpx.AsyncClient, code: str) -> httpx.Response:
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": code,
        }
        return await browser.post("/oauth/token", data=fields, auth=("shop", SECRET))

    async def decide(
        self, browser: httpx.AsyncClient, user_code: str, decision: str
    ) -> httpx.Response:
        page = await browser.get("/device", params={"user_code": user_code})
        asked = await browser.post(
            "/device", data={"form": form_of(page)["form"], "user_code": user_code.lower()}
        )
        assert "Permit shop?" in asked.text
        return await browser.post("/device", data={**form_of(asked), "decision": decision})

    async def test_a_device_gets_tokens_once_when_its_user_permits_it(
        self, browser: httpx.AsyncClient, email: str
    ) -> None:
        codes = await self.codes(browser)
        pending = await self.poll(browser, codes["device_code"])
        assert pending.json()["error"] == "authorization_pending"
        assert (await self.poll(browser, codes["device_code"])).json()["error"] == "slow_down"
        await log_in(browser, email)
        done = await self.decide(browser, codes["user_code"], "allow")
        assert "The device is connected" in done.text
        tokens = (await self.poll(browser, codes["device_code"])).json()
        assert tokens["scope"] == "orders:read"
        again = await self.poll(browser, codes["device_code"])
        assert again.json()["error"] == "invalid_grant"

    async def test_a_device_is_refused_when_its_user_does_not_permit_it(
        self, browser: httpx.AsyncClient, email: str
    ) -> None:
        codes = await self.codes(browser)
        await log_in(browser, email)
        done = await self.decide(browser, codes["user_code"], "deny")
        assert "The device is not connected" in done.text
        refused = await self.poll(browser, codes["device_code"])
        assert refused.json()["error"] == "access_denied"

    async def test_guesses_of_a_code_are_limited(
        self, browser: httpx.AsyncClient, email: str
    ) -> None:
        await log_in(browser, email)
        form = form_of(await browser.get("/device"))
        guesses = [
            await browser.post("/device", data={**form, "user_code": "BCDF-GHJK"}) for _ in range(6)
        ]
        assert [each.status_code for each in guesses] == [200] * 5 + [429]
