import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings
from waybill.docs.instance import Instance


def test_addresses_of_services_are_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYBILL_UPSTREAMS", '{"orders": "http://orders.shop.svc:8000"}')
    monkeypatch.setenv("WAYBILL_ACCESS", "open")

    assert GatewaySettings().upstreams == {"orders": "http://orders.shop.svc:8000"}


@pytest.mark.parametrize("address", ["orders:8000", "http://orders/v1", "http://", "ftp://orders"])
def test_an_address_is_refused_when_it_is_not_scheme_host_and_port(address: str) -> None:
    with pytest.raises(ValidationError, match="upstreams"):
        GatewaySettings(upstreams={"orders": address}, access="open")


@pytest.mark.parametrize(("access", "is_open"), [("open", True), (__file__, False)])
def test_the_contracts_say_what_is_enforced(
    monkeypatch: pytest.MonkeyPatch, access: str, *, is_open: bool
) -> None:
    monkeypatch.setenv("WAYBILL_UPSTREAMS", '{"orders": "http://orders:8000"}')
    monkeypatch.setenv("WAYBILL_ACCESS", access)
    monkeypatch.setenv("WAYBILL_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")

    assert GatewaySettings().instance == Instance(is_open=is_open, brokers=("kafka:9092",))
