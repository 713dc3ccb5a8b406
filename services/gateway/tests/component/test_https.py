"""Services that the gateway reaches over https, and whom it refuses to believe (attack 83)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.settings import GatewaySettings
from waybill.tls import server_context
from waybill_toolkit.testing.certificates import CertificateAuthority
from waybill_toolkit.testing.tls_front import tls_front

if TYPE_CHECKING:
    from pathlib import Path

    from services.gateway.tests.conftest import Open

    from waybill_toolkit.testing.fake_http_service import FakeHttpService


@pytest.fixture
def ours(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "ours")


@pytest.mark.parametrize("case", ["ours", "foreign", "expired", "other name", "no certificate"])
async def test_only_a_service_with_a_valid_certificate_is_asked(
    ours: CertificateAuthority,
    service: FakeHttpService,
    open_gateway: Open,
    tmp_path: Path,
    case: str,
) -> None:
    foreign = CertificateAuthority(tmp_path / "foreign")
    issued = {
        "foreign": lambda: foreign.issue("127.0.0.1"),
        "expired": lambda: ours.issue(is_expired=True),
        "other name": lambda: ours.issue("orders.example"),
    }.get(case, ours.issue)()
    context = server_context(issued.certificate, issued.key, ours.ca)
    mine = ours.issue("gateway")
    pair = {"upstream_certificate": mine.certificate, "upstream_key": mine.key}
    async with tls_front(context, urlsplit(service.address).port or 0) as port:
        address = open_gateway(
            upstreams={"orders": f"https://127.0.0.1:{port}"},
            upstream_ca=ours.ca,
            **({} if case == "no certificate" else pair),
        )
        async with httpx.AsyncClient(base_url=address) as client:
            response = await client.get("/v1/orders")
    assert (response.status_code == 200) == (case == "ours")
    assert len(service.asked) == (case == "ours")


def test_gateway_does_not_start_with_open_access_on_every_address() -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - nothing is opened
    with pytest.raises(ValueError, match="WAYBILL_ACCESS=open lets every caller"):
        GatewaySettings(upstreams={"orders": "http://orders"}, access="open", host=everywhere)
