"""TLS of a real server with `sslmode=verify-full`: who is let in, and what a refusal says."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from waybill.postgres import Database, DatabaseRefusedError
from waybill_toolkit.platform.account import server_account
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.testing.certificates import CertificateAuthority
from waybill_toolkit.testing.postgres_versions import install_of

MISSING = [] if os.environ.get("WAYBILL_POSTGRES") else ["`make test-postgres` runs it"]
pytestmark = pytest.mark.skipif(
    bool(MISSING) or shutil.which("mvn") is None,
    reason=", ".join(MISSING) or "needs mvn, which fetches a PostgreSQL with TLS",
)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def server(ours: CertificateAuthority) -> Iterator[PostgresServer]:
    """A server whose certificate is for localhost, not for 127.0.0.1."""
    issued = ours.issue("localhost")
    with short_folder() as folder:
        install = install_of(18, folder)
        tls = {"ssl": "on", "ssl_cert_file": "tls.crt", "ssl_key_file": "tls.key"}
        server = PostgresServer(folder, free_port(), settings=tls, install=install)
        server.initialize()
        account = server_account()
        for source, name in ((issued.certificate, "tls.crt"), (issued.key, "tls.key")):
            copy = Path(shutil.copy(source, server.data / name))
            os.chown(copy, account.uid, account.gid)
            copy.chmod(0o600)
        server.start()
        yield server
        server.stop()
        remove_home(folder)


def url(server: PostgresServer, host: str, ca: Path) -> str:
    address = server.admin_url().replace("@127.0.0.1:", f"@{host}:")
    return f"{address}?sslmode=verify-full&sslrootcert={ca}"


async def test_a_service_that_trusts_the_ca_is_let_in(
    server: PostgresServer, ours: CertificateAuthority
) -> None:
    database = await Database.open(url(server, "localhost", ours.ca))
    async with database.connection() as connection:
        is_encrypted = await connection.fetchval(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
    await database.close()
    assert is_encrypted is True


async def test_another_name_is_refused(server: PostgresServer, ours: CertificateAuthority) -> None:
    with pytest.raises(DatabaseRefusedError, match=r"not trusted .*mismatch.*DATABASE_URL"):
        await Database.open(url(server, "127.0.0.1", ours.ca))


async def test_another_ca_is_refused(server: PostgresServer, tmp_path: Path) -> None:
    foreign = CertificateAuthority(tmp_path, "foreign CA")
    with pytest.raises(DatabaseRefusedError, match=r"not trusted .*unable to get local issuer"):
        await Database.open(url(server, "localhost", foreign.ca))


async def test_a_server_without_tls_is_refused(
    postgres_server: PostgresServer, ours: CertificateAuthority
) -> None:
    if os.environ.get("WAYBILL_TEST_POSTGRES"):
        pytest.skip("the server of the tests is one with TLS libraries")
    with pytest.raises(DatabaseRefusedError, match="does not use TLS"):
        await Database.open(url(postgres_server, "localhost", ours.ca))
