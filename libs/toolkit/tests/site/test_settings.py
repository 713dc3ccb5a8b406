"""Settings are read from their classes."""

from pathlib import Path
from typing import Final

from waybill_toolkit.site.settings import common_settings, own_settings, trace_settings

ROOT: Final = Path(__file__).parents[4]


def test_a_setting_has_its_type_limits_default_and_meaning() -> None:
    settings = {each.name: each for each in common_settings()}
    assert settings["WAYBILL_DATABASE_URL"].default is None
    assert "Or `WAYBILL_DATABASE_URL_FILE`" in settings["WAYBILL_DATABASE_URL"].text
    port = settings["WAYBILL_PORT"]
    assert (port.type, port.limits, port.default) == ("integer", ("0 to 65,535",), "8000")
    assert settings["WAYBILL_GRACEFUL_STOP_SECONDS"].text.startswith("Time limit of the shutdown")
    assert settings["WAYBILL_LOG_LEVEL"].limits == ("one of DEBUG, INFO, WARNING, ERROR",)


def test_service_shows_its_settings_without_the_common_ones() -> None:
    assert own_settings(ROOT, "catalog") == []
    assert [each.name for each in own_settings(ROOT, "inventory")] == [
        "WAYBILL_RESERVATION_MINUTES",
        "WAYBILL_STOCK_DATABASES",
    ]
    assert "WAYBILL_UPSTREAMS" in {each.name for each in own_settings(ROOT, "gateway")}


def test_settings_of_traces_have_the_names_of_opentelemetry() -> None:
    settings = {each.name: each for each in trace_settings()}
    assert settings["OTEL_TRACES_SAMPLER"].default == "parentbased_traceidratio"
    headers = settings["OTEL_EXPORTER_OTLP_HEADERS"].text
    assert headers.endswith("Or `OTEL_EXPORTER_OTLP_HEADERS_FILE`, the path of a file with it.")
