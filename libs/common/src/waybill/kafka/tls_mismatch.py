"""Why a connection ends early although something listens: the two sides do not agree on TLS.

A server closes a connection whose first bytes it does not understand, without a word. So the client
tries the other way, and says which setting is wrong.
"""

import asyncio
import ssl
from typing import Final

from aiokafka.conn import create_conn  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill.tls import client_context

_SECONDS: Final = 2.0


async def mismatch(host: str, port: int, security: KafkaSecurity) -> str | None:
    """Say what a node expects that ended a connection; None if that is not known."""
    if not security.has_tls:
        if await _speaks_tls(host, port):
            return "requires TLS: set WAYBILL_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL"
        return None
    if reason := await _alert(host, port, security):
        return f"refuses the TLS handshake ({reason}): check WAYBILL_KAFKA_SSL_CERTIFICATE"
    if await _speaks_plaintext(host, port):
        return "does not use TLS: check WAYBILL_KAFKA_SECURITY_PROTOCOL"
    return None


async def _alert(host: str, port: int, security: KafkaSecurity) -> str | None:
    """Return the TLS alert with which a node refuses a client, such as one without a certificate.

    aiokafka does not report it. It may come after the handshake (TLS 1.3).
    """
    context = client_context(security.ca, security.certificate, security.key)
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                await reader.read(1)
            finally:
                writer.close()
    except ssl.SSLError as error:
        return error.reason if "ALERT" in (error.reason or "") else None
    except OSError:  # includes TimeoutError
        return None
    return None


async def _speaks_tls(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=client_context())
    except ssl.SSLCertVerificationError:
        return True
    except OSError:  # includes TimeoutError
        return False
    writer.close()
    return True


async def _speaks_plaintext(host: str, port: int) -> bool:
    try:
        connection = await create_conn(
            host, port, request_timeout_ms=_SECONDS * 1000, **PLAINTEXT.arguments()
        )
    except (KafkaError, OSError):
        return False
    connection.close()
    return True
