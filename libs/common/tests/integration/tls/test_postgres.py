"""Connections to PostgreSQL over TLS: who is refused, and what the refusal says (attack 83)."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from waybill.postgres import Database, DatabaseRefusedError, DatabaseUnavailableError
from waybill.tls import server_context
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.testing.certificates import CertificateAuthority, Issued
from waybill_toolkit.testing.tls_front import tls_front

SERVICE = Path(__file__).parents[1] / "service_under_test" / "service.py"


def through(url: str, port: int, ca: Path) -> str:
    parts = urlsplit(url)
    netloc = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
    return parts._replace(netloc=netloc, query=f"sslmode=verify-full&sslrootcert={ca}").geturl()


def front(issued: Issued, url: str) -> object:
    context = server_context(issued.certificate, issued.key)
    return tls_front(context, urlsplit(url).port or 0, is_postgres=True)


async def open_and_close(url: str) -> None:
    database = await Database.open(url)
    await database.check()
    await database.close()


async def test_database_is_used_over_tls(database_url: str, ours: CertificateAuthority) -> None:
    async with front(ours.issue(), database_url) as port:  # type: ignore[attr-defined]
        await open_and_close(through(database_url, port, ours.ca))


async def test_ca_of_the_database_may_come_from_the_environment(
    database_url: str, ours: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with front(ours.issue(), database_url) as port:  # type: ignore[attr-defined]
        plain = through(database_url, port, ours.ca).partition("?")[0]
        monkeypatch.setenv("PGSSLMODE", "verify-full")
        with pytest.raises(DatabaseRefusedError, match=r"not trusted|root\.crt"):
            await open_and_close(plain)
        monkeypatch.setenv("PGSSLROOTCERT", str(ours.ca))
        await open_and_close(plain)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("wrong CA", "certificate of the database is not trusted .*unable to get local issuer"),
        ("expired", "not trusted .*certificate has expired"),
        ("other name", "not trusted .*IP address mismatch"),
    ],
)
async def test_refusal_says_why_the_database_is_not_trusted(
    database_url: str,
    ours: CertificateAuthority,
    foreign: CertificateAuthority,
    case: str,
    reason: str,
) -> None:
    issued = {
        "expired": lambda: ours.issue(is_expired=True),
        "other name": lambda: ours.issue("database.example"),
    }.get(case, ours.issue)()
    ca = foreign.ca if case == "wrong CA" else ours.ca
    async with front(issued, database_url) as port:  # type: ignore[attr-defined]
        with pytest.raises(DatabaseRefusedError, match=f"(?s){reason}.*WAYBILL_DATABASE_URL"):
            await open_and_close(through(database_url, port, ca))


async def test_refusal_says_that_the_database_has_no_tls(
    database_url: str, ours: CertificateAuthority
) -> None:
    url = through(database_url, urlsplit(database_url).port or 0, ours.ca)
    with pytest.raises(DatabaseRefusedError, match="does not use TLS"):
        await open_and_close(url)


async def test_database_that_is_away_is_no_refusal(
    database_url: str, ours: CertificateAuthority
) -> None:
    with pytest.raises(DatabaseUnavailableError) as raised:
        await open_and_close(through(database_url, free_port(), ours.ca))
    assert not isinstance(raised.value, DatabaseRefusedError)


def test_service_exits_as_misconfigured_when_its_password_is_wrong(database_url: str) -> None:
    parts = urlsplit(database_url)
    wrong = parts._replace(netloc=f"{parts.username}:guessed@127.0.0.1:{parts.port}").geturl()
    ended = subprocess.run(
        [sys.executable, str(SERVICE)],
        env=os.environ
        | {
            "WAYBILL_SERVICE": "sample",
            "WAYBILL_PORT": "0",
            "WAYBILL_DATABASE_URL": wrong,
            "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "WAYBILL_ACCESS": "open",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 78
    said = ended.stdout + ended.stderr
    assert "password authentication failed" in said
    assert "check WAYBILL_DATABASE_URL" in said
    assert "guessed" not in said
    assert "Traceback" not in said
