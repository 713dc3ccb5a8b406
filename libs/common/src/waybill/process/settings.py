"""The settings of a service: `WAYBILL_*` environment variables."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from typing_extensions import override

from waybill.docs.instance import Instance


class WrongSettingsError(Exception):
    """Settings are missing or wrong; `sentences` say which, without their values."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def _postgresql(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return url


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


class ProcessSettings(BaseSettings):
    """The settings of every process, also of one without database and events.

    Raises pydantic's ValidationError, which names the wrong settings and contains no values.
    """

    model_config = SettingsConfigDict(
        env_prefix="WAYBILL_",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    service: str
    """The name in logs and events; each service has a default."""
    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for all."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """0 selects a free port."""

    allowed_hosts: str | None = None
    """The names that a Host header may have, separated by commas, in addition to `host`, localhost
    and the address of the connection; "*" for any. By default any, unless `host` is a loopback
    address: then a web page must not reach the service by a name of its own (DNS rebinding)."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    check_contract: bool = False
    """Check responses and sent events against the contract at run time; see `conformance`."""

    background_process: bool = False
    """Whether relay, consumer and timers run in a separate process, so that no request waits for
    their current batch. Needs the connections and most of the memory of two processes."""

    graceful_stop_seconds: PositiveFloat = 10.0
    """Time limit of the shutdown after SIGTERM. A platform must wait longer before SIGKILL."""

    @property
    def hosts(self) -> tuple[str, ...] | None:
        """The names that a Host header may have; None for any."""
        if self.allowed_hosts is None:
            return (self.host,) if _is_loopback(self.host) else None
        names = tuple(each.strip() for each in self.allowed_hosts.split(","))
        return None if "*" in names else (self.host, *names)

    @property
    def instance(self) -> Instance:
        """What the served contracts say of this instance."""
        return Instance()


class Settings(ProcessSettings):
    """The settings that every service has; a service with more of them subclasses this."""

    database_url: Annotated[SecretStr, AfterValidator(_postgresql)]
    """postgresql://user:password@host/database, the service's own."""
    database_pool_max: PositiveInt = 10
    """Enough to use two cores of a database server (see docs/benchmarks.md)."""

    kafka_bootstrap_servers: str
    """host:port of one or more brokers, separated by commas."""
    kafka_session_timeout_ms: PositiveInt = 6_000
    """Time after which the partitions of a killed replica are reassigned. The minimum that Kafka
    allows by default."""

    kafka_partitions_max: PositiveInt | None = None
    """Creates topics with fewer partitions than their contract says: 1 with the embedded broker,
    because one replica is assigned all of them, and larger batches cost less."""

    access: Literal["open"] | FilePath
    """Who may call: a token file, or "open" (every caller may do everything). No default."""

    @property
    def token_file(self) -> Path | None:
        """The token file; None when access is open."""
        return None if self.access == "open" else Path(self.access)

    @property
    @override
    def instance(self) -> Instance:
        return Instance(
            is_open=self.access == "open", brokers=addresses_of(self.kafka_bootstrap_servers)
        )


def addresses_of(bootstrap_servers: str) -> tuple[str, ...]:
    """Split the setting `kafka_bootstrap_servers`."""
    return tuple(filter(None, (each.strip() for each in bootstrap_servers.split(","))))


SomeSettings = TypeVar("SomeSettings", bound=ProcessSettings)


def read_settings(kind: Callable[[], SomeSettings]) -> SomeSettings:
    """Read settings of this class from the environment. Raises WrongSettingsError."""
    try:
        return kind()
    except ValidationError as error:
        raise WrongSettingsError(tuple(_sentences(error))) from None


def _sentences(error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = "_".join(("WAYBILL", *map(str, each["loc"][:1]))).upper()
        if each["type"] == "missing":
            yield f"{name} is not set; set this environment variable."
        else:
            yield f"{name} is wrong: {each['msg']}."
