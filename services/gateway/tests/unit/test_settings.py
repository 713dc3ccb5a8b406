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


@pytest.mark.parametrize(
    "address",
    [
        "orders:8000",
        "http://orders/v1",
        "http://",
        "ftp://orders",
        "http://a:8000,",
        "http://a:8000, http://b:8000",
        "dns+orders",
        "srv+http://orders",
        "consul+http://orders,http://b:8000",
    ],
)
def test_an_address_is_refused_when_it_has_none_of_the_forms(address: str) -> None:
    with pytest.raises(ValidationError, match="an address is http://host:port without a path"):
        GatewaySettings(
            upstreams={"orders": address}, access="open", consul="http://127.0.0.1:8500"
        )


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1:8000,http://[fd00::1]:8000",
        "dns+https://orders.shop.svc:8443",
        "consul+http://orders",
    ],
)
def test_services_can_be_found_in_several_ways(address: str) -> None:
    settings = GatewaySettings(
        upstreams={"orders": address}, access="open", consul="http://127.0.0.1:8500"
    )

    assert settings.directory().targets("orders").name == "orders"


def test_consul_is_needed_for_an_address_of_consul() -> None:
    with pytest.raises(ValidationError, match="set WAYBILL_CONSUL, which the address of orders"):
        GatewaySettings(upstreams={"orders": "consul+http://orders"}, access="open")


@pytest.mark.parametrize(("access", "is_open"), [("open", True), (__file__, False)])
def test_the_contracts_say_what_is_enforced(
    monkeypatch: pytest.MonkeyPatch, access: str, *, is_open: bool
) -> None:
    monkeypatch.setenv("WAYBILL_UPSTREAMS", '{"orders": "http://orders:8000"}')
    monkeypatch.setenv("WAYBILL_ACCESS", access)
    monkeypatch.setenv("WAYBILL_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")

    assert GatewaySettings().instance == Instance(is_open=is_open, brokers=("kafka:9092",))
