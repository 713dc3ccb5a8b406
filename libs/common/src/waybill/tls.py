"""TLS from files: of servers, and of the clients of services, brokers and databases.

A file that cannot be used raises TlsFileError, which names it. Files are PEM. A certificate file
contains the certificate and the intermediate ones, a CA file one or more certificates.
"""

import ssl
from pathlib import Path
from typing import Final


class TlsFileError(ValueError):
    """A certificate, key or CA file cannot be used."""


def server_context(certificate: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return the context of a server; with `client_ca`, clients need a certificate of this CA.

    Raises TlsFileError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load_pair(context, certificate, key)
    if client_ca is not None:
        _load_ca(context, client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(
    ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """Return the context of a client, which verifies the certificate and the name of the server.

    `ca` replaces the CAs of the system. `certificate` and `key` are for a server that requires
    them. Raises TlsFileError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca is None:
        context.load_default_certs()
    else:
        _load_ca(context, ca)
    if certificate is not None and key is not None:
        _load_pair(context, certificate, key)
    return context


def _load_ca(context: ssl.SSLContext, ca: Path) -> None:
    try:
        context.load_verify_locations(ca)
    except OSError as error:  # includes SSLError
        raise TlsFileError(f"{ca} cannot be used as a CA: {_reason(error)}") from error


def _load_pair(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # A password, so that OpenSSL does not ask for one at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:  # includes SSLError
        raise TlsFileError(
            f"{certificate} and {key} cannot be used as a certificate and its key, without a "
            f"password: {_reason(error)}"
        ) from error


def _reason(error: OSError) -> str:
    """Return what OpenSSL says, such as KEY_VALUES_MISMATCH, or the operating system."""
    if isinstance(error, ssl.SSLError):
        return error.reason or "it is not PEM"
    return error.strerror or type(error).__name__


class ServerCertificate:
    """The context of a running server, which gets the new certificate when its files change."""

    def __init__(self, certificate: Path, key: Path, client_ca: Path | None) -> None:
        """Load the files. Raises TlsFileError."""
        self._certificate: Final = certificate
        self._key: Final = key
        self.context: Final = server_context(certificate, key, client_ca)
        self._tried = self._versions()

    def reload(self) -> bool:
        """Use changed files for new connections; returns whether they had changed.

        The old certificate stays in use when they cannot be used. Raises TlsFileError then, once
        for each change.
        """
        versions = self._versions()
        if versions == self._tried:
            return False
        self._tried = versions
        server_context(self._certificate, self._key)
        _load_pair(self.context, self._certificate, self._key)
        return True

    def _versions(self) -> tuple[tuple[int, int], ...]:
        return tuple(map(_version, (self._certificate, self._key)))


def _version(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:  # it is being replaced
        return 0, 0
    return status.st_ino, status.st_mtime_ns


def trust_reason(error: ssl.SSLCertVerificationError) -> str:
    """Say why a certificate is not trusted: expired, of another CA, or for another name."""
    return error.verify_message.rstrip(".")
