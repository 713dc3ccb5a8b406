"""The platform as strangers see it: an address, a token, and the document at that address."""

import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import pytest
from tests.outside.tools import BUILD, ROOT, run

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.lab.conformance.closed import closed_platform
from waybill_toolkit.lab.conformance.shop import open_shop
from waybill_toolkit.testing.violation_log import ViolationLog

OUTSIDE: Final = "WAYBILL_OUTSIDE"
SKU: Final = "85123A"
_DONE: Final = re.compile(
    r"order (?P<id>\S+) confirmed\nlisted (?P=id)\n"
    r"problem (?P<presented>.+) 422 urn:waybill:problem:unknown-sku\n"
)


@dataclass(frozen=True)
class Api:
    """The gateway, and the document that it serves."""

    address: str
    token: str
    document: Path
    """The answer to GET /openapi.json."""
    presented: dict[str, str] = field(default_factory=dict)
    """How each tool that has placed an order presents a problem."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def place_order(self, tool: str, program: Sequence[object], address: str | None = None) -> None:
        """Run a program: it places an order, follows and lists it, and gets a problem.

        Checks what it printed, and the order that the gateway has now.
        """
        reference = f"outside-{next(self._numbers)}"
        output = run(*program, SKU, reference, variables=self.variables(address))
        done = _DONE.fullmatch(output)
        assert done, output
        order = self.get(f"/v1/orders/{done['id']}").json()
        assert (order["status"], order["reference"]) == ("confirmed", reference)
        self.presented[tool] = done["presented"]

    def variables(self, address: str | None = None) -> Mapping[str, str]:
        """Return the environment variables of a program."""
        return {"WAYBILL_BASE_URL": address or self.address, "WAYBILL_TOKEN": self.token}

    def get(self, path: str, address: str | None = None) -> httpx.Response:
        """Read something from the gateway, or through a proxy."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.get(f"{address or self.address}{path}", headers=headers)


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    """Run the platform, with access by token; its services check their answers and events."""
    if OUTSIDE not in os.environ:
        pytest.skip("downloads the tools of others and takes minutes: make outside")
    with closed_platform(Repository(ROOT)) as closed:
        addresses = closed.platform.addresses
        open_shop(addresses, closed.token)
        BUILD.mkdir(parents=True, exist_ok=True)
        api = Api(addresses["gateway"], closed.token, BUILD / "openapi.json")
        api.document.write_bytes(api.get("/openapi.json").raise_for_status().content)
        log = ViolationLog(closed.platform.folder, addresses)
        yield api
        assert log.read() == []
