"""Traces are set by OpenTelemetry's own variables; a wrong one is refused in a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from waybill.process.trace_settings import TraceSettings, read_trace_settings
from waybill.process.wrong_settings import WrongSettingsError

Read = Callable[..., TraceSettings]

SECRET = "wmd-7f3a-secret"  # noqa: S105 - of this test
ENDPOINT = "http://127.0.0.1:4318"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Read:
    def read(**variables: str) -> TraceSettings:
        for name, value in variables.items():
            monkeypatch.setenv(f"OTEL_{name}", value)
        return read_trace_settings()

    return read


def test_traces_are_off_until_an_endpoint_is_set(settings: Read) -> None:
    assert not settings().is_on
    assert settings(EXPORTER_OTLP_ENDPOINT=ENDPOINT).is_on
    assert not settings(SDK_DISABLED="true").is_on


def test_the_exporter_none_turns_traces_off(settings: Read) -> None:
    assert not settings(EXPORTER_OTLP_ENDPOINT=ENDPOINT, TRACES_EXPORTER="none").is_on


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"EXPORTER_OTLP_ENDPOINT": ENDPOINT}, f"{ENDPOINT}/v1/traces"),
        ({"EXPORTER_OTLP_ENDPOINT": f"{ENDPOINT}/otlp/"}, f"{ENDPOINT}/otlp/v1/traces"),
        (
            {
                "EXPORTER_OTLP_ENDPOINT": ENDPOINT,
                "EXPORTER_OTLP_TRACES_ENDPOINT": "https://x.example/t",
            },
            "https://x.example/t",
        ),
    ],
)
def test_the_path_is_appended_to_the_common_endpoint_only(
    settings: Read, variables: dict[str, str], url: str
) -> None:
    assert settings(**variables).destination.url == url


def test_headers_and_resource_are_percent_decoded(settings: Read) -> None:
    found = settings(
        EXPORTER_OTLP_ENDPOINT=ENDPOINT,
        EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{SECRET}, X-Team=shop",
        RESOURCE_ATTRIBUTES="deployment.environment.name=test,note=a%2Cb",
    )
    assert found.destination.headers == {"Authorization": f"Bearer {SECRET}", "X-Team": "shop"}
    resource = found.resource("orders", "1.0", "i")
    assert resource["service.name"] == "orders"
    assert (resource["deployment.environment.name"], resource["note"]) == ("test", "a,b")
    assert SECRET not in repr(found)


def test_headers_can_come_from_a_file(settings: Read, tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text(f"X-Key={SECRET}\n")
    found = settings(EXPORTER_OTLP_ENDPOINT=ENDPOINT, EXPORTER_OTLP_HEADERS_FILE=str(file))
    assert found.destination.headers == {"X-Key": SECRET}


def test_a_name_replaces_that_of_the_service(settings: Read) -> None:
    found = settings(EXPORTER_OTLP_ENDPOINT=ENDPOINT, SERVICE_NAME="shop-orders")
    assert found.resource("orders", "1.0", "i")["service.name"] == "shop-orders"


WRONG = [
    ({"EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "must be an address such as"),
    ({"EXPORTER_OTLP_ENDPOINT": "http://"}, "must be an address such as"),
    ({"EXPORTER_OTLP_ENDPOINT": f"http://u:{SECRET}@127.0.0.1"}, "OTEL_EXPORTER_OTLP_HEADERS"),
    ({"EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:port"}, "has a wrong port"),
    ({"EXPORTER_OTLP_PROTOCOL": "grpc"}, "must be one of http/json, http/protobuf"),
    ({"EXPORTER_OTLP_COMPRESSION": "zstd"}, "must be one of none, gzip"),
    ({"EXPORTER_OTLP_TIMEOUT": "soon"}, "OTEL_EXPORTER_OTLP_TIMEOUT is wrong"),
    ({"EXPORTER_OTLP_CERTIFICATE": "/nowhere.pem"}, "OTEL_EXPORTER_OTLP_CERTIFICATE is wrong"),
    ({"EXPORTER_OTLP_HEADERS": SECRET}, "must be name=value,name=value"),
    ({"EXPORTER_OTLP_HEADERS": f"a={SECRET}%0D%0Ab"}, "a character that a header cannot have"),
    (
        {"EXPORTER_OTLP_ENDPOINT": "http://10.0.0.9:4318", "EXPORTER_OTLP_HEADERS": f"a={SECRET}"},
        "use its https address",
    ),
    ({"RESOURCE_ATTRIBUTES": "production"}, "must be name=value,name=value"),
    ({"TRACES_SAMPLER": "jaeger_remote"}, "must be one of always_on"),
    ({"TRACES_SAMPLER_ARG": "10%"}, "must be a share from 0 to 1"),
    ({"TRACES_SAMPLER_ARG": "1.5"}, "must be a share from 0 to 1"),
    ({"TRACES_SAMPLER_ARG": "nan"}, "must be a share from 0 to 1"),
]


@pytest.mark.parametrize(("variables", "sentence"), WRONG)
def test_a_wrong_value_is_refused_without_being_shown(
    settings: Read, variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(WrongSettingsError) as wrong:
        settings(**{"EXPORTER_OTLP_ENDPOINT": ENDPOINT, **variables})
    assert sentence in str(wrong.value)
    assert SECRET not in str(wrong.value)


def test_values_for_other_programs_are_no_fault_while_traces_are_off(settings: Read) -> None:
    assert not settings(EXPORTER_OTLP_PROTOCOL="grpc", TRACES_SAMPLER="jaeger_remote").is_on
