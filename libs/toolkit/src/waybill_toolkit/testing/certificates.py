"""Certificates for tests: a CA of our own, and what it signs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

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
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        builder = _builder(self._name, self._name, self._key.public_key(), _now() + _VALID)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)  # noqa: FBT003
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def issue(self, name: str = LOOPBACK, *, is_expired: bool = False) -> Issued:
        """Sign a certificate for a host name or an address; again for the same one replaces it."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = _LONG_AGO + _VALID if is_expired else _now() + _VALID
        builder = _builder(_name(name), self._name, key.public_key(), until)
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(name)]), False)  # noqa: FBT003
        issued = Issued(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        issued.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate = builder.sign(self._key, SHA256())
        issued.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        return issued


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_LONG_AGO)
        .not_valid_after(until)
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - OpenSSL compares it with the time of the machine
