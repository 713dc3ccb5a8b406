"""The servers that tests and the local platform run on."""

import os
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.link import ensure_topics
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import (
    ADMIN,
    PostgresServer,
    nearest_postgres_url,
    postgres_url,
)
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.secret_files import SecretFiles


async def test_database_is_empty_and_writable(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE fruit (name text)")
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert tables == 1


async def test_committed_rows_are_there_when_the_server_was_killed(
    postgres_server: PostgresServer, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE fruit (name text)")
    await connection.execute("INSERT INTO fruit VALUES ('pear')")
    postgres_server.kill()
    connection.terminate()
    postgres_server.start()
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT name FROM fruit") == "pear"
    await connection.close()


async def test_login_is_refused_when_the_password_is_wrong(postgres_server: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            postgres_url(postgres_server.port, "postgres", "waybill_admin", "guess")
        )


async def test_services_reach_it_over_a_socket_with_their_password(
    server_folder: Path, postgres_server: PostgresServer
) -> None:
    who = (postgres_server.port, "postgres", ADMIN)
    password = SecretFiles(server_folder).password(ADMIN)
    connection = await asyncpg.connect(nearest_postgres_url(server_folder, *who, password))
    assert await connection.fetchval("SELECT inet_client_addr()") is None
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(nearest_postgres_url(server_folder, *who, "guess"))


@pytest.mark.parametrize("name", ["deep" * 25, "a, b"])
async def test_services_reach_it_over_the_loopback_when_its_folder_cannot_hold_a_socket(
    server_folder: Path, name: str
) -> None:
    assert not await _has_a_socket(server_folder / name)


async def test_services_reach_it_over_a_socket_when_its_folder_has_an_unusual_name(
    server_folder: Path,
) -> None:
    assert await _has_a_socket(server_folder / 'a "b" & c?d=%41')


def test_server_does_not_run_as_root(postgres_server: PostgresServer) -> None:
    uid = Path(f"/proc/{postgres_server.pid}").stat().st_uid
    assert uid != 0
    assert uid == postgres_server.data.stat().st_uid
    assert os.geteuid() in {0, uid}


async def test_broker_is_empty_when_what_it_had_is_not_to_be_believed(
    broker_server: BrokerServer, bootstrap_servers: str
) -> None:
    await ensure_topics(bootstrap_servers, [Topic("platform-fruit", 1, 1)])
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers) as producer:
        await producer.send_and_wait("platform-fruit", b"pear")
    assert "platform-fruit" in await _topics(bootstrap_servers)
    broker_server.lose()
    broker_server.start()
    assert "platform-fruit" not in await _topics(bootstrap_servers)


def _start_in(folder: Path) -> PostgresServer:
    folder.mkdir()
    folder.chmod(0o711)  # under umask 077 its user could not enter it
    server = PostgresServer(folder, free_port())
    server.initialize()
    server.start()
    return server


async def _has_a_socket(folder: Path) -> bool:
    server = _start_in(folder)
    password = SecretFiles(folder).password(ADMIN)
    connection = await asyncpg.connect(
        nearest_postgres_url(folder, server.port, "postgres", ADMIN, password)
    )
    address = await connection.fetchval("SELECT inet_client_addr()")
    await connection.close()
    server.stop()
    remove_home(folder)
    return address is None


async def _topics(bootstrap_servers: str) -> set[str]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap_servers) as consumer:
        return set(await consumer.topics())
