"""The settings of traces: OpenTelemetry's own environment variables, `OTEL_*`.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. Traces are off
until an endpoint is set; then a value that cannot be used stops the start.
"""

from collections.abc import Mapping
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from pydantic import FilePath, PositiveInt, SecretStr, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from waybill.process.addresses import is_loopback
from waybill.process.secret_files import EnvironmentSettings
from waybill.process.wrong_settings import WrongSettingsError, sentences_of
from waybill.spans.receiver import Destination
from waybill.spans.sampling import DEFAULT, SAMPLERS
from waybill.tls import client_context
from waybill.trace import Sampler

PREFIX: Final = "OTEL"
TRACES_PATH: Final = "/v1/traces"
_PROTOCOLS: Final = ("http/json", "http/protobuf")
"""A receiver of one takes the other at the same address; JSON is what is sent."""


class TraceSettings(EnvironmentSettings):
    """Where spans are sent, and which traces are recorded."""

    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}_")

    exporter_otlp_endpoint: str | None = None
    """The address of a receiver of OTLP over HTTP, such as http://otel-collector:4318; /v1/traces
    is appended. Without it, and without the next one, traces are off."""
    exporter_otlp_traces_endpoint: str | None = None
    """The address for traces only, used as it is: https://collector.example/v1/traces."""
    exporter_otlp_protocol: str = "http/json"
    """http/json. http/protobuf is accepted too, as its receivers take both; grpc is not."""
    exporter_otlp_headers: SecretStr | None = None
    """Headers of each request: name=value,name=value, percent-encoded. Needs https, or a receiver
    on this machine."""
    exporter_otlp_timeout: PositiveInt = 10_000
    """Time limit of a request, in milliseconds."""
    exporter_otlp_compression: str = "none"
    """gzip or none."""
    exporter_otlp_certificate: FilePath | None = None
    """A PEM file with the CA of the receiver; without it, the CAs of the system are trusted."""
    traces_sampler: str = DEFAULT
    """Which traces are recorded: always_on, always_off, traceidratio, or the same with
    parentbased_ in front, which follows the decision of the caller."""
    traces_sampler_arg: str | None = None
    """The share of traces for a sampler with a ratio, from 0 to 1; by default 1."""
    traces_exporter: str = "otlp"
    """none turns traces off."""
    sdk_disabled: bool = False
    """true turns traces off."""
    service_name: str | None = None
    """The name of the service in traces, instead of WAYBILL_SERVICE."""
    resource_attributes: str | None = None
    """Attributes of this process: deployment.environment.name=production,name=value."""

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.is_on:
            _check_url(self.url)
            _check_choice("EXPORTER_OTLP_PROTOCOL", self.exporter_otlp_protocol, _PROTOCOLS)
            _check_choice("EXPORTER_OTLP_COMPRESSION", self.exporter_otlp_compression, _COMPRESSED)
            _check_choice("TRACES_SAMPLER", self.traces_sampler, SAMPLERS)
            _share(self.traces_sampler_arg)
            _pairs("RESOURCE_ATTRIBUTES", self.resource_attributes)
            parts = urlsplit(self.url)
            if self._headers() and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
                raise ValueError(
                    "OTEL_EXPORTER_OTLP_HEADERS are secrets, and the receiver of traces is on "
                    "another machine: use its https address"
                )
            _ = self.destination  # raises TlsFileError for a certificate that cannot be used
        return self

    @property
    def is_on(self) -> bool:
        """Whether spans are recorded and sent."""
        is_off = self.sdk_disabled or self.traces_exporter == "none"
        return bool(self.url) and not is_off

    @property
    def url(self) -> str:
        """The address that spans are sent to; empty if there is none."""
        if self.exporter_otlp_traces_endpoint:
            return self.exporter_otlp_traces_endpoint
        base = self.exporter_otlp_endpoint
        return f"{base.rstrip('/')}{TRACES_PATH}" if base else ""

    @property
    def destination(self) -> Destination:
        """The receiver. Raises TlsFileError."""
        is_https = self.url.startswith("https:")
        return Destination(
            url=self.url,
            headers=self._headers(),
            timeout_seconds=self.exporter_otlp_timeout / 1000,
            compresses=self.exporter_otlp_compression == "gzip",
            tls=client_context(self.exporter_otlp_certificate) if is_https else None,
        )

    @property
    def sampler(self) -> Sampler:
        """The sampler."""
        return SAMPLERS[self.traces_sampler](_share(self.traces_sampler_arg))

    def resource(self, service: str, version: str, instance: str) -> Mapping[str, str]:
        """Return the attributes of a process of this service."""
        return {
            "service.version": version,
            "service.instance.id": instance,
            "service.name": service,
            **_pairs("RESOURCE_ATTRIBUTES", self.resource_attributes),
            **({"service.name": self.service_name} if self.service_name else {}),
        }

    def _headers(self) -> Mapping[str, str]:
        secret = self.exporter_otlp_headers
        return _pairs(
            "EXPORTER_OTLP_HEADERS", None if secret is None else secret.get_secret_value()
        )


_COMPRESSED: Final = ("none", "gzip")


def read_trace_settings() -> TraceSettings:
    """Read the settings from the environment. Raises WrongSettingsError, without their values."""
    try:
        return TraceSettings()
    except ValidationError as error:
        raise WrongSettingsError(tuple(sentences_of(error, PREFIX))) from None


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            "OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://otel-collector:4318"
        )
    if "@" in parts.netloc:
        raise ValueError(
            "OTEL_EXPORTER_OTLP_ENDPOINT must have no password: use OTEL_EXPORTER_OTLP_HEADERS"
        )
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("OTEL_EXPORTER_OTLP_ENDPOINT has a wrong port") from None


def _check_choice(name: str, value: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{PREFIX}_{name} must be one of {', '.join(known)}")


def _share(text: str | None) -> float:
    try:
        share = 1.0 if text is None else float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1, such as 0.1")
    return share


def _pairs(name: str, text: str | None) -> Mapping[str, str]:
    """Read name=value,name=value. Raises ValueError, without the text, which may be a secret."""
    found: dict[str, str] = {}
    for each in (text or "").split(","):
        if not each.strip():
            continue
        key, equals, value = each.partition("=")
        if not equals or not key.strip():
            raise ValueError(f"{PREFIX}_{name} must be name=value,name=value, percent-encoded")
        found[unquote(key.strip())] = unquote(value.strip())
    if name == "EXPORTER_OTLP_HEADERS" and not all(_is_header(*each) for each in found.items()):
        raise ValueError(f"{PREFIX}_{name} has a character that a header cannot have")
    return found


def _is_header(name: str, value: str) -> bool:
    return (
        name.replace("-", "").replace("_", "").isalnum()
        and name.isascii()
        and (value.isascii() and value.isprintable())
    )
