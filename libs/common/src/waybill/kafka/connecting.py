"""Opens connections to the nodes of a cluster, and tells a refusal apart from an outage.

A connection that cannot be made counts as an outage, which ends by itself. A user or password that
the broker does not accept does not, nor does a certificate that is not trusted: the error names the
setting.
"""

import ssl
from typing import Final

from aiokafka.conn import (  # type: ignore[import-untyped]
    AIOKafkaConnection,
    collect_hosts,
    create_conn,
)
from aiokafka.errors import (  # type: ignore[import-untyped]
    IllegalSaslStateError,
    IncompatibleBrokerVersion,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.admin import SaslHandShakeRequest  # type: ignore[import-untyped]

from waybill.kafka.errors import (
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
    refusal_of,
)
from waybill.kafka.node_connection import NodeConnection
from waybill.kafka.protocol import TopicIdsRequest
from waybill.kafka.security import KafkaSecurity
from waybill.kafka.tls_mismatch import mismatch
from waybill.tls import TlsFileError, trust_reason

# A response takes milliseconds. After this the broker counts as down.
REQUEST_TIMEOUT_MS: Final = 10_000

_ACCEPTED: Final = 0
_UNSUPPORTED_SASL_MECHANISM: Final = 33

_REASONS: Final = {
    SaslAuthenticationFailed: "does not accept {login}",
    UnsupportedSaslMechanismError: (
        "does not support {mechanism}: check WAYBILL_KAFKA_SASL_MECHANISM"
    ),
    IllegalSaslStateError: "does not use SASL: check WAYBILL_KAFKA_SECURITY_PROTOCOL",
}


async def connect(host: str, port: int, security: KafkaSecurity) -> AIOKafkaConnection | None:
    """Connect to one node; None when it cannot be reached. Raises BrokerError."""
    try:
        return await create_conn(
            host, port, request_timeout_ms=REQUEST_TIMEOUT_MS, **security.arguments()
        )
    except BrokerError:
        raise  # there is no token
    except tuple(_REASONS) as error:
        reason = _REASONS[type(error)].format(login=security.login, mechanism=security.mechanism)
        raise BrokerRefusedError(f"{host}:{port} {reason} ({type(error).__name__})") from error
    except ssl.SSLCertVerificationError as error:
        raise BrokerRefusedError(
            f"the certificate of {host}:{port} is not trusted ({trust_reason(error)}): check "
            "WAYBILL_KAFKA_SSL_CA, WAYBILL_KAFKA_BOOTSTRAP_SERVERS and the broker's certificate"
        ) from error
    except TlsFileError as error:
        raise BrokerRefusedError(f"check WAYBILL_KAFKA_SSL_...: {error}") from error
    except ConnectionRefusedError:
        return None
    except (KafkaError, OSError) as error:
        if expected := await mismatch(host, port, security):
            raise BrokerRefusedError(f"{host}:{port} {expected}") from error
        return None
    except (LookupError, ValueError) as error:
        # aiokafka cannot read the answer of a server that refuses a proof without an error code
        # (`e=` of RFC 5802), or the server does not know the password.
        raise BrokerRefusedError(
            f"{host}:{port} does not complete {security.mechanism} for user {security.username}: "
            f"check the password ({type(error).__name__})"
        ) from error


async def connect_all(bootstrap_servers: str, security: KafkaSecurity) -> dict[int, NodeConnection]:
    """Connect to the nodes that can be reached; returns them by number. Raises BrokerError."""
    connections: dict[int, NodeConnection] = {}
    try:
        for node, host, port in await _nodes(bootstrap_servers, security):
            connection = await connect(host, port, security)
            if connection is not None and connection.connected():
                connections[node] = NodeConnection(connection, REQUEST_TIMEOUT_MS / 1000)
    except BrokerError:
        for each in connections.values():
            each.close()
        raise
    if not connections:
        raise BrokerUnavailableError(f"no broker responds at {bootstrap_servers}")
    return connections


async def _nodes(bootstrap_servers: str, security: KafkaSecurity) -> list[tuple[int, str, int]]:
    for host, port, _ in collect_hosts(bootstrap_servers):
        connection = await connect(host, port, security)
        if connection is None:
            continue
        try:
            response = await connection.send(TopicIdsRequest([]))
            return [(node, host, port) for node, host, port, *_ in response.brokers]
        except IncompatibleBrokerVersion as error:
            raise BrokerRefusedError(f"{host}:{port}: {refusal_of(error)}") from error
        except (KafkaError, OSError):
            if not security.has_sasl and await _requires_sasl(host, port, security):
                raise BrokerRefusedError(
                    f"{host}:{port} requires SASL: set WAYBILL_KAFKA_SECURITY_PROTOCOL, "
                    "WAYBILL_KAFKA_SASL_USERNAME and the password"
                ) from None
            continue
        finally:
            connection.close()
    raise BrokerUnavailableError(f"no broker responds at {bootstrap_servers}")


async def _requires_sasl(host: str, port: int, security: KafkaSecurity) -> bool:
    """Ask a node that has closed a connection without an answer, as Kafka does without SASL.

    Where SASL is not used, the handshake is answered with ILLEGAL_SASL_STATE.
    """
    connection = await connect(host, port, security)
    if connection is None:
        return False
    try:
        response = await connection.send(SaslHandShakeRequest("PLAIN"))
    except (KafkaError, OSError):
        return False
    finally:
        connection.close()
    return response.error_code in {_ACCEPTED, _UNSUPPORTED_SASL_MECHANISM}
