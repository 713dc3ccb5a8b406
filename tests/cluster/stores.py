"""PostgreSQL and Apache Kafka outside of the pods, where pods reach them: real ones, at an address.

They are no part of the chart, as with most who install it.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cluster.servers import running
from tests.cluster.threads import in_a_thread

from waybill.tls import server_context
from waybill_toolkit.platform.apache_kafka.distribution import jars_folder
from waybill_toolkit.platform.embedded_broker.users import WITHOUT_USERS
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.testing.certificates import CertificateAuthority, Issued
from waybill_toolkit.testing.tls_front import tls_front

POSTGRES_PORT: Final = 5432
KAFKA_PORT: Final = 9092


@dataclass(frozen=True)
class Stores:
    """Where they are; PostgreSQL has no roles and databases of services yet."""

    admin_url: str
    """The address of PostgreSQL for its superuser."""
    ca: Path
    """The CA of the certificate."""
    issued: Issued
    """The certificate of the machine's address."""
    bootstrap_servers: str


@contextmanager
def running_stores(folder: Path, address: str) -> Iterator[Stores]:
    """Run both until the end of the block; the jars of Kafka are there."""
    kafka = [
        sys.executable, "-m", "waybill_toolkit.platform.apache_kafka", folder / "broker", address,
        KAFKA_PORT, KAFKA_PORT, WITHOUT_USERS, jars_folder(),
    ]  # fmt: skip
    authority = CertificateAuthority(folder / "certificates")
    issued = authority.issue(address)
    with running("kafka", kafka, folder) as broker, _postgres(folder, address, issued) as server:
        broker.wait_until(lambda: _listens(address, KAFKA_PORT), "to listen")
        yield Stores(server.admin_url(), authority.ca, issued, f"{address}:{KAFKA_PORT}")


@contextmanager
def _postgres(folder: Path, address: str, issued: Issued) -> Iterator[PostgresServer]:
    """Run PostgreSQL on the loopback, with TLS in front of it: the wheel's build has none."""
    server = PostgresServer(folder, free_port(), settings={"max_connections": "300"})
    server.initialize()
    front = tls_front(
        server_context(issued.certificate, issued.key),
        server.port,
        host=address,
        port=POSTGRES_PORT,
        is_postgres=True,
    )
    try:
        server.start()
        with in_a_thread(front):
            yield server
    finally:
        server.stop()
        remove_home(folder)


def _listens(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True
