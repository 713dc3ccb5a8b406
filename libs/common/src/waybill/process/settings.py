"""The settings of a service: `WAYBILL_*` environment variables."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FilePath,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from typing_extensions import override

from waybill.docs.instance import Instance
from waybill.kafka.security import KafkaSecurity, SaslMechanism, SecurityProtocol


class WrongSettingsError(Exception):
    """Settings are missing or wrong; `sentences` say which, without their values."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def _postgresql(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return url


def _contents(path: str) -> SecretStr:
    try:
        return SecretStr(Path(path).read_text("utf-8").strip())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


SecretFile = Annotated[SecretStr, BeforeValidator(_contents)]
"""The contents of a file, whose path is the value of the setting."""


Issuer = Annotated[
    str, StringConstraints(pattern=r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/])\S+$")
]
"""https, so that nobody can put keys of their own in between; http on this machine only."""


def is_loopback(host: str) -> bool:
    """Whether only processes of this machine reach an address."""
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
            return (self.host,) if is_loopback(self.host) else None
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

    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    """SASL_PLAINTEXT if the brokers require a user; then the next settings are needed too."""
    kafka_sasl_mechanism: SaslMechanism = "SCRAM-SHA-256"
    """How the password is proven. SCRAM does not send it; PLAIN does."""
    kafka_sasl_username: str | None = None
    """The user that the brokers know this service by."""
    kafka_sasl_password: SecretStr | None = None
    """The password of this user."""
    kafka_sasl_password_file: SecretFile | None = None
    """A file with the password, instead of `WAYBILL_KAFKA_SASL_PASSWORD`."""

    kafka_partitions_max: PositiveInt | None = None
    """Creates topics with fewer partitions than their contract says: 1 with the embedded broker,
    because one replica is assigned all of them, and larger batches cost less."""

    access: Literal["open"] | Issuer | FilePath
    """Who may call: the https address of an issuer of tokens (its `iss`), the path of a token file,
    or "open" (every caller may do everything). No default."""
    access_audience: str | None = None
    """The `aud` of tokens for this deployment. An issuer needs it: without it the tokens of other
    applications would be accepted."""
    access_token_types: str = "at+jwt"  # noqa: S105 (a kind, no secret)
    """The `typ` of access tokens, separated by commas. Keycloak and Entra write JWT."""

    @model_validator(mode="after")
    def _issuer_has_an_audience(self) -> Self:
        if self.issuer and not self.access_audience:
            raise ValueError("set WAYBILL_ACCESS_AUDIENCE, which an issuer in WAYBILL_ACCESS needs")
        return self

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> Self:
        if self.kafka_security_protocol.startswith("SASL_"):
            if not self.kafka_sasl_username:
                raise ValueError("set WAYBILL_KAFKA_SASL_USERNAME, which SASL needs")
            if (self.kafka_sasl_password is None) == (self.kafka_sasl_password_file is None):
                raise ValueError(
                    "SASL needs either WAYBILL_KAFKA_SASL_PASSWORD or "
                    "WAYBILL_KAFKA_SASL_PASSWORD_FILE"
                )
        return self

    @property
    def kafka_security(self) -> KafkaSecurity:
        """How this service connects to the brokers."""
        secret = self.kafka_sasl_password or self.kafka_sasl_password_file
        return KafkaSecurity(
            self.kafka_security_protocol,
            self.kafka_sasl_mechanism,
            self.kafka_sasl_username or "",
            secret.get_secret_value() if secret else "",
        )

    @property
    def issuer(self) -> str | None:
        """The issuer of tokens, if there is one."""
        return self.access if isinstance(self.access, str) and self.access != "open" else None

    @property
    def token_file(self) -> Path | None:
        """The token file, if there is one."""
        return self.access if isinstance(self.access, Path) else None

    @property
    @override
    def instance(self) -> Instance:
        return Instance(
            is_open=self.access == "open",
            brokers=addresses_of(self.kafka_bootstrap_servers),
            sasl=self.kafka_sasl_mechanism if self.kafka_security.has_sasl else None,
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
        if not each["loc"]:
            yield f"{each['msg'].removeprefix('Value error, ')}."
        elif each["type"] == "missing":
            yield f"{name} is not set; set this environment variable."
        else:
            yield f"{name} is wrong: {each['msg']}."
