import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings


def test_addresses_of_services_are_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYBILL_UPSTREAMS", '{"orders": "http://orders.shop.svc:8000"}')

    assert GatewaySettings().upstreams == {"orders": "http://orders.shop.svc:8000"}


@pytest.mark.parametrize("address", ["orders:8000", "http://orders/v1", "http://", "ftp://orders"])
def test_an_address_is_refused_when_it_is_not_scheme_host_and_port(address: str) -> None:
    with pytest.raises(ValidationError, match="upstreams"):
        GatewaySettings(upstreams={"orders": address})
