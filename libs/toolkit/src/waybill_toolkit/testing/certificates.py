"""Certificates for tests: a CA of our own, and what it signs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.certificates import Authority

_VALID: Final = timedelta(days=1)
_LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Issued:
    """The files of a certificate and its key."""

    certificate: Path
    key: Path


class CertificateAuthority:
    """A CA whose certificate is the file `ca`."""

    def __init__(self, folder: Path, name: str = "test CA") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = Authority.create(name, _LONG_AGO, _now() + _VALID)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self._authority.pair.certificate)

    def issue(self, name: str = LOOPBACK, *, is_expired: bool = False) -> Issued:
        """Sign a certificate for a host name or an address; again for the same one replaces it."""
        until = _LONG_AGO + _VALID if is_expired else _now() + _VALID
        pair = self._authority.issue(name, since=_LONG_AGO, until=until)
        issued = Issued(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        issued.key.write_bytes(pair.key)
        issued.certificate.write_bytes(pair.certificate)
        return issued


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - OpenSSL compares it with the time of the machine
