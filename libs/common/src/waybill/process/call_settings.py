"""The settings of a process that calls other services."""

import ssl
from typing import Annotated, Self

from pydantic import AfterValidator, Field, FilePath, SecretStr, StringConstraints, model_validator

from waybill.calls.consul import Consul
from waybill.calls.directory import Directory, check_address, needs_consul
from waybill.process.settings import ProcessSettings
from waybill.tls import client_context


class CallSettings(ProcessSettings):
    """Where the services are that a process calls, and how they know each other."""

    upstreams: Annotated[
        dict[str, Annotated[str, AfterValidator(check_address)]], Field(min_length=1)
    ]
    """Addresses by service, as JSON: {"orders": "http://orders:8000", ...}; http or https. Several
    have commas between. dns+http://orders:8000 is every address that DNS has for the name, and
    consul+http://orders every instance that passes its checks in Consul."""
    upstream_ca: FilePath | None = None
    """A PEM file with the CA of the services; without it, the CAs of the system are trusted."""
    upstream_certificate: FilePath | None = None
    """A PEM file with the certificate of this process, for services that require one."""
    upstream_key: FilePath | None = None
    """A PEM file with its private key, without a password."""
    consul: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@\s]+$")] | None = None
    """The agent of Consul that is asked, such as http://127.0.0.1:8500."""
    consul_token: SecretStr | None = None
    """A token for Consul's access lists, with service:read and node:read."""

    @model_validator(mode="after")
    def _certificates_can_be_used(self) -> Self:
        if (self.upstream_certificate is None) != (self.upstream_key is None):
            raise ValueError(
                "set both WAYBILL_UPSTREAM_CERTIFICATE and WAYBILL_UPSTREAM_KEY, or neither"
            )
        if self.upstream_ca or self.upstream_certificate:
            self.upstream_tls()
        return self

    @model_validator(mode="after")
    def _consul_is_known(self) -> Self:
        wanting = [name for name, each in self.upstreams.items() if needs_consul(each)]
        if wanting and self.consul is None:
            raise ValueError(f"set WAYBILL_CONSUL, which the address of {wanting[0]} needs")
        return self

    def upstream_tls(self) -> ssl.SSLContext | None:
        """Return how certificates of services are verified, if one is reached with https.

        Raises TlsFileError.
        """
        if not any("https://" in address for address in self.upstreams.values()):
            return None
        return client_context(self.upstream_ca, self.upstream_certificate, self.upstream_key)

    def directory(self) -> Directory:
        """Return the services that may be called. Raises TlsFileError."""
        token = self.consul_token
        secret = None if token is None else token.get_secret_value()
        consul = None if self.consul is None else Consul(self.consul, secret)
        return Directory(self.upstreams, consul=consul, tls=self.upstream_tls())
