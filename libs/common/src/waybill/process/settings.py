"""The settings of a service: `WAYBILL_*` environment variables.

A secret may come from a file instead (secret_files.py). What is safe on one machine only is refused
when anything listens, or is reached, elsewhere: open access, weak secrets, a database without TLS.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import SettingsConfigDict
from typing_extensions import override

from waybill.docs.instance import Instance
from waybill.process.addresses import (
    SafeAddress,
    is_local_database,
    is_loopback,
    is_verified_database,
    root_certificate_of,
)
from waybill.process.kafka_settings import KafkaSettings, addresses_of
from waybill.process.secret_files import EnvironmentSettings, secrets_of
from waybill.process.security_log_settings import SecurityLogSettings
from waybill.process.weak_secrets import weakness_of
from waybill.process.wrong_settings import WrongSettingsError, sentences_of
from waybill.tls import ServerCertificate


def database_address(url: SecretStr) -> SecretStr:
    """Check the address of a database. Raises ValueError."""
    address = url.get_secret_value()
    if not address.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    if not is_local_database(address) and not is_verified_database(address):
        raise ValueError(
            "the database is on another machine: add sslmode=verify-full, and sslrootcert=PATH if "
            "its CA is not in ~/.postgresql/root.crt; or set PGSSLMODE and PGSSLROOTCERT"
        )
    ca = root_certificate_of(address)
    if ca is not None and not Path(ca).is_file():
        raise ValueError("the file of sslrootcert does not exist")
    return url


class ProcessSettings(EnvironmentSettings):
    """The settings of every process, also of one without database and events.

    Raises pydantic's ValidationError, which names the wrong settings and contains no values.
    """

    model_config = SettingsConfigDict(env_prefix="WAYBILL_")

    service: str
    """The name in logs and events; each service has a default."""
    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for all."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """0 selects a free port."""

    tls_certificate: FilePath | None = None
    """A PEM file with the certificate of this process, and the intermediate ones. With it, the
    process serves https only. A changed file is used within seconds."""
    tls_key: FilePath | None = None
    """A PEM file with its private key, without a password."""
    tls_client_ca: FilePath | None = None
    """A PEM file with the CA of clients. With it, each client needs a certificate of this CA
    (mutual TLS), also for /health and /metrics. Read at the start only."""

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

    @model_validator(mode="after")
    def _certificate_can_be_used(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("set both WAYBILL_TLS_CERTIFICATE and WAYBILL_TLS_KEY, or neither")
        if self.tls_client_ca and not self.tls_certificate:
            raise ValueError("WAYBILL_TLS_CLIENT_CA needs WAYBILL_TLS_CERTIFICATE")
        self.server_certificate()
        return self

    @model_validator(mode="after")
    def _secrets_are_strong(self) -> Self:
        if self.is_on_this_machine:
            return self
        fields = type(self).model_fields
        values = {name: getattr(self, name) for name in secrets_of(fields)}
        faults = [
            f"WAYBILL_{name.upper()} has a weak secret: {reason}; use a random one"
            for name, value in values.items()
            if value and (reason := weakness_of(value.get_secret_value()))
        ]
        if faults:
            raise ValueError(". ".join(faults))
        return self

    @property
    def is_on_this_machine(self) -> bool:
        """Whether this process listens on, and connects to, loopback addresses only."""
        return all(map(is_loopback, self.addresses()))

    def addresses(self) -> Iterable[str]:
        """Return the hosts that this process listens on or connects to."""
        return (self.host,)

    def server_certificate(self) -> ServerCertificate | None:
        """Load the certificate of this process, if it has one. Raises TlsFileError."""
        if self.tls_certificate is None or self.tls_key is None:
            return None
        return ServerCertificate(self.tls_certificate, self.tls_key, self.tls_client_ca)

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


class AccessSettings(ProcessSettings):
    """The settings of a process that knows its callers."""

    access: Literal["open"] | SafeAddress | FilePath
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
    def _open_access_stays_on_this_machine(self) -> Self:
        if self.access == "open" and not is_loopback(self.host):
            raise ValueError(
                "WAYBILL_ACCESS=open lets every caller do everything, so WAYBILL_HOST must be a "
                "loopback address such as 127.0.0.1"
            )
        return self

    @property
    def issuer(self) -> str | None:
        """The issuer of tokens, if there is one."""
        return self.access if isinstance(self.access, str) and self.access != "open" else None

    @property
    def token_file(self) -> Path | None:
        """The token file, if there is one."""
        return self.access if isinstance(self.access, Path) else None


class Settings(KafkaSettings, SecurityLogSettings, AccessSettings):
    """The settings that every service has; a service with more of them subclasses this."""

    database_url: Annotated[SecretStr, AfterValidator(database_address)]
    """postgresql://user:password@host/database, the service's own. On another machine it must say
    `sslmode=verify-full`."""
    database_direct_url: Annotated[SecretStr, AfterValidator(database_address)] | None = None
    """The address of the database server itself, if `database_url` is that of a pooler in
    transaction mode, such as PgBouncer. Leader election, LISTEN and migrations use it: three
    connections at most."""
    database_pool_max: PositiveInt = 10
    """Enough to use two cores of a database server (see docs/benchmarks.md). While all are in use,
    /metrics opens one more."""
    migrate: bool = False
    """Apply pending migrations: what the code needs before the service starts, indexes and
    backfills while it serves; replicas wait for each other. For containers, where nothing else
    does. A database that the next version has migrated is accepted, so that this one can be started
    again."""

    @override
    def addresses(self) -> Iterable[str]:
        yield self.host
        for database in (self.database_url.get_secret_value(), self.session_url):
            yield "localhost" if is_local_database(database) else "elsewhere"
        yield from self.kafka_hosts

    @property
    def session_url(self) -> str:
        """The address for connections that keep their session: locks, LISTEN, migrations."""
        return (self.database_direct_url or self.database_url).get_secret_value()

    @property
    def migrated_urls(self) -> list[str]:
        """The databases that `migrate` applies to."""
        return [self.session_url]

    @property
    @override
    def instance(self) -> Instance:
        return Instance(
            is_open=self.access == "open",
            brokers=addresses_of(self.kafka_bootstrap_servers),
            sasl=self.kafka_sasl_mechanism if self.kafka_security.has_sasl else None,
            has_tls_brokers=self.kafka_security.has_tls,
            topic_prefix=self.kafka_prefix,
        )


SomeSettings = TypeVar("SomeSettings", bound=ProcessSettings)


def read_settings(kind: Callable[[], SomeSettings]) -> SomeSettings:
    """Read settings of this class from the environment. Raises WrongSettingsError."""
    try:
        return kind()
    except ValidationError as error:
        raise WrongSettingsError(tuple(sentences_of(error))) from None
    except OSError as error:  # a path in a folder that this user cannot enter
        reason = f"{error.filename} cannot be read: {error.strerror}."
        raise WrongSettingsError((f"A setting names a file: {reason}",)) from None
