"""The files of an installation's secrets.

    ca.key, token, passwords/   stay here: the key of the CA, an administrator's token
    ca/        ca.crt           whom clients trust
    access/    tokens.json      WAYBILL_ACCESS, with that token
    databases/ orders, ...      WAYBILL_DATABASE_URL_FILE
    kafka/     orders, ...      WAYBILL_KAFKA_SASL_PASSWORD_FILE; `waybill` may do everything
    identity/, identity-keys/, token-keys/      settings of identity, orders and payments
    postgres/, broker/          the servers' own files

What exists is kept, so that another run adds what a new service needs. The folder itself is closed
to others; the files in it are readable, as containers run as other users.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from waybill.key_files import KEY_BYTES, SUFFIX
from waybill_toolkit.operations.install_secrets.servers import databases_sql, kafka_properties
from waybill_toolkit.operations.install_secrets.services import Services
from waybill_toolkit.platform.broker_users import TOOLKIT
from waybill_toolkit.platform.certificates import Authority, Pair

FOLDERS: Final = (
    "ca",
    "access",
    "databases",
    "kafka",
    "identity",
    "identity-keys",
    "token-keys",
    "postgres",
    "broker",
)
"""Those that are mounted: each is also a Secret."""

_SECRET_BYTES: Final = 24
_CA_VALID: Final = timedelta(days=3650)
_VALID: Final = timedelta(days=397)
_RENEWED_BEFORE: Final = timedelta(days=60)
_SKEW: Final = timedelta(days=1)
"""Clocks of other machines may be late."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names of the servers; clients use the first, certificates have all."""

    postgres: tuple[str, ...] = ("postgres",)
    kafka: tuple[str, ...] = ("kafka",)


class SecretsFolder:
    """A folder with these files."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self._now = now

    def write(self, services: Services, hosts: Hosts) -> None:
        """Write what is missing, and what follows from the rest."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = self._authority()
        self._write_access(services)
        self._write_postgres(services, hosts, authority)
        self._write_kafka(services, hosts, authority)
        self._kept("identity/index-key", lambda: secrets.token_hex(KEY_BYTES))
        for folder in ("identity-keys", "token-keys"):
            if not any((self._path / folder).glob(f"*{SUFFIX}")):
                created = f"{self._now:%Y%m%dT%H%M%SZ}{SUFFIX}"
                self._kept(f"{folder}/{created}", lambda: secrets.token_hex(KEY_BYTES))

    def _authority(self) -> Authority:
        certificate, key = self._path / "ca" / "ca.crt", self._path / "ca.key"
        if key.exists():
            return Authority.load(Pair(certificate.read_bytes(), key.read_bytes()))
        authority = Authority.create("Waybill", self._now - _SKEW, self._now + _CA_VALID)
        key.touch(mode=0o600)
        key.write_bytes(authority.pair.key)
        self._write("ca/ca.crt", authority.pair.certificate.decode())
        return authority

    def _write_access(self, services: Services) -> None:
        token = self._kept("token", lambda: secrets.token_urlsafe(KEY_BYTES))
        grant = {
            "subject": "user:administrator",
            "scopes": list(services.scopes),
            "claims": {"customer_ref": "administrator"},
        }
        digest = hashlib.sha256(token.encode()).hexdigest()
        path = self._path / "access" / "tokens.json"
        others = json.loads(path.read_bytes()) if path.exists() else {}
        self._write("access/tokens.json", json.dumps(others | {digest: grant}, indent=2))

    def _write_postgres(self, services: Services, hosts: Hosts, authority: Authority) -> None:
        passwords = {each: self._password(f"passwords/{each}") for each in services.with_database}
        host = hosts.postgres[0]
        for name, word in passwords.items():
            url = f"postgresql://{name}:{word}@{host}/{name}?sslmode=verify-full"
            self._write(f"databases/{name}", url)
        self._password("postgres/password")
        self._write("postgres/databases.sql", databases_sql(passwords))
        if pair := self._renewed("postgres/tls.crt", hosts.postgres, authority):
            self._write("postgres/tls.crt", pair.certificate.decode())
            self._write("postgres/tls.key", pair.key.decode())

    def _write_kafka(self, services: Services, hosts: Hosts, authority: Authority) -> None:
        users = (TOOLKIT, *services.with_events)
        passwords = {each: self._password(f"kafka/{each}") for each in users}
        self._write("broker/server.properties", kafka_properties(hosts.kafka[0], passwords))
        self._write("broker/ca.crt", authority.pair.certificate.decode())
        if pair := self._renewed("broker/keystore.pem", hosts.kafka, authority):
            self._write("broker/keystore.pem", (pair.key + pair.certificate).decode())

    def _renewed(self, file: str, names: tuple[str, ...], authority: Authority) -> Pair | None:
        """Return a certificate, unless that of the file is for these names and still valid."""
        path = self._path / file
        if path.exists() and _is_good(path.read_bytes(), names, self._now):
            return None
        return authority.issue(*names, since=self._now - _SKEW, until=self._now + _VALID)

    def _password(self, name: str) -> str:
        return self._kept(name, lambda: secrets.token_urlsafe(_SECRET_BYTES))

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        path = self._path / name
        if not path.exists():
            self._write(name, make())
        return path.read_text(encoding="ascii").strip()

    def _write(self, name: str, text: str) -> None:
        path = self._path / name
        if path.parent != self._path:
            path.parent.mkdir(exist_ok=True)
            path.parent.chmod(0o755)
        path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="ascii")
        path.chmod(0o644)


def _is_good(pem: bytes, names: tuple[str, ...], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERTIFICATE") :])
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    has_names = {str(each.value) for each in found} == set(names)
    return has_names and certificate.not_valid_after_utc - now > _RENEWED_BEFORE
