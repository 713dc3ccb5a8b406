"""A certificate authority of our own, and the certificates that it signs. All texts are PEM."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final, NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

_CRITICAL: Final = True


class Pair(NamedTuple):
    """A certificate and its private key, without a password."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that signs certificates of servers and clients."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, name: str, since: datetime, until: datetime) -> Self:
        """Create a CA."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), _name(name), key, since, until)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=_CRITICAL
        )
        usage = dict.fromkeys(_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=_CRITICAL)
        return cls(builder.sign(key, SHA256()), key)

    @classmethod
    def load(cls, pair: Pair) -> Self:
        """Read a CA. Raises ValueError for texts that are none."""
        key = load_pem_private_key(pair.key, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the key of the CA is not one of an elliptic curve")  # noqa: TRY004 - a value read from a file
        return cls(x509.load_pem_x509_certificate(pair.certificate), key)

    @property
    def pair(self) -> Pair:
        """The CA's own certificate and key."""
        return _pair(self.certificate, self.key)

    def issue(self, *names: str, since: datetime, until: datetime) -> Pair:
        """Sign a certificate for host names and addresses; the first one is its subject."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(names[0]), self.certificate.subject, key, since, until)
        alternatives = x509.SubjectAlternativeName(map(_general, names))
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(alternatives, critical=not _CRITICAL)
        builder = builder.add_extension(issuer, critical=not _CRITICAL)
        return _pair(builder.sign(self.key, SHA256()), key)


_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    since: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), since, until)
        .add_extension(identifier, critical=not _CRITICAL)
    )  # fmt: skip


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(certificate.public_bytes(Encoding.PEM), private)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
