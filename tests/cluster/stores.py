"""PostgreSQL and Apache Kafka outside of the pods, where pods reach them: real ones, at an address.

They are no part of the chart, as with most who install it.
"""

import asyncio
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from tests.cluster.servers import running
from tests.cluster.threads import in_a_thread

from waybill.tls import server_context
from waybill_toolkit.platform.apache_kafka.distribution import ensure_kafka, jars_folder
from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.embedded_broker.users import WITHOUT_USERS
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.testing.certificates import CertificateAuthority
from waybill_toolkit.testing.tls_front import tls_front

POSTGRES_PORT: Final = 5432
KAFKA_PORT: Final = 9092


@dataclass(frozen=True)
class Stores:
    """Where they are, and what a service needs to connect."""

    databases: Mapping[str, str]
    """The address of each service's database, whose role owns nothing else."""
    ca: Path
    """The CA of PostgreSQL's certificate."""
    bootstrap_servers: str


@contextmanager
def running_stores(folder: Path, address: str, services: Sequence[str]) -> Iterator[Stores]:
    """Run both until the end of the block, with a database for each service."""
    jars = jars_folder()
    ensure_kafka(jars)
    kafka = [
        sys.executable, "-m", "waybill_toolkit.platform.apache_kafka", folder / "broker", address,
        KAFKA_PORT, KAFKA_PORT, WITHOUT_USERS, jars,
    ]  # fmt: skip
    authority = CertificateAuthority(folder / "certificates")
    with running("kafka", kafka, folder) as broker, _postgres(folder, address, authority) as server:
        databases = asyncio.run(_databases(server, address, services))
        broker.wait_until(lambda: _listens(address, KAFKA_PORT), "to listen")
        yield Stores(databases, authority.ca, f"{address}:{KAFKA_PORT}")


@contextmanager
def _postgres(
    folder: Path, address: str, authority: CertificateAuthority
) -> Iterator[PostgresServer]:
    """Run PostgreSQL on the loopback, with TLS in front of it: the wheel's build has none."""
    server = PostgresServer(folder, free_port(), settings={"max_connections": "300"})
    server.initialize()
    issued = authority.issue(address)
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


async def _databases(
    server: PostgresServer, address: str, services: Sequence[str]
) -> dict[str, str]:
    connection = await asyncpg.connect(server.admin_url())
    administrator = Administrator(connection)
    urls = {}
    for service in services:
        password = secrets.token_urlsafe(16)
        await administrator.ensure_role(service, password)
        await administrator.ensure_database(service, service)
        urls[service] = f"postgresql://{service}:{password}@{address}:{POSTGRES_PORT}/{service}"
    await connection.close()
    return urls


def _listens(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True
