"""`waybill person` on a running platform, for a user who has registered."""

import asyncio
import json
import re
from email import message_from_bytes
from email.policy import default
from typing import Final

import httpx
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.token import fetch_token
from waybill_toolkit.testing.eventually import eventually

EMAIL: Final = "pia@example.com"
PASSWORD: Final = "correct horse battery"  # noqa: S105 (of a user that only this test creates)


def _link(platform: Platform) -> str:
    """Return the token of the mail to the address."""
    for path in (platform.folder / "mail").glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=default)
        if mail["To"] == EMAIL:
            found = re.search(r"[?]token=(\S+)", str(mail.get_content()))
            assert found
            return found[1]
    raise AssertionError("there is no mail")


def _customers(platform: Platform) -> set[str]:
    """Return the customer_ref of each user of whom an event tells."""
    topic = ("--topic", "identity.user-events.v1", "--json")
    events = CliRunner().invoke(build(), ["events", "--data", str(platform.folder), *topic])
    parsed = (json.loads(line) for line in events.stdout.splitlines())
    return {
        str(each["payload"]["customer_ref"])
        for each in parsed
        if each["type"] == "identity.user-registered.v1"
    }


def _registered(platform: Platform, http: httpx.Client) -> str:
    """Register a user; return its customer_ref."""
    known = _customers(platform)
    body = {"email": EMAIL, "password": PASSWORD}
    assert http.post("/v1/users", json=body).status_code == 202
    verified = {"token": _link(platform), "password": PASSWORD}
    assert http.post("/v1/email-verifications", json=verified).status_code == 200

    async def registered() -> set[str]:
        return await asyncio.to_thread(_customers, platform) - known

    (customer_ref,) = asyncio.run(eventually("the event of the user", registered, bool))
    return customer_ref


def test_a_person_is_exported_and_erased(guarded_platform: Platform) -> None:
    with httpx.Client(base_url=guarded_platform.addresses[GATEWAY], timeout=30) as http:
        customer_ref = _registered(guarded_platform, http)

        def person(*arguments: str) -> tuple[int, str]:
            done = CliRunner().invoke(
                build(), ["person", *arguments, "--data", str(guarded_platform.folder)]
            )
            return done.exit_code, done.output

        status, exported = person("export", customer_ref, "--json")
        assert status == 0, exported
        user = json.loads(exported)["user"]
        assert (user["email"], user["customer_ref"]) == (EMAIL, customer_ref)

        assert person("erase", user["user_id"])[0] == 1  # nobody says yes
        assert person("erase", user["user_id"], "--yes")[0] == 0
        assert person("erase", user["user_id"], "--yes")[0] == 0

        status, exported = person("export", customer_ref)
        assert (status, exported) == (1, f"There is no user {user['user_id']}.\n")
        headers = {"Authorization": f"Bearer {fetch_token(guarded_platform, 'alice')}"}
        assert http.get("/v1/orders", headers=headers).status_code == 200
