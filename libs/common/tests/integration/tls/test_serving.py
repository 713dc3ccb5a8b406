"""A process that serves https, with and without certificates of its clients (attack 83)."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from waybill.tls import ServerCertificate, TlsFileError, client_context
from waybill_toolkit.testing.certificates import CertificateAuthority, Issued
from waybill_toolkit.testing.eventually import eventually

SERVICE = Path(__file__).parents[1] / "service_under_test" / "service.py"
REFUSED = (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)


@pytest.fixture
def serve(database_url: str) -> Iterator[object]:
    started: list[subprocess.Popen[str]] = []

    def start(**settings: object) -> str:
        environment = {
            "WAYBILL_SERVICE": "sample",
            "WAYBILL_PORT": "0",
            "WAYBILL_DATABASE_URL": database_url,
            "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "WAYBILL_ACCESS": "open",
            **{name: str(value) for name, value in settings.items()},
        }
        process = subprocess.Popen(
            [sys.executable, str(SERVICE)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if '"message":"serving on' in line:
                return f"https://{json.loads(line)['message'].rpartition(' ')[2]}"
        raise AssertionError(f"it ended with {process.wait()}")

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def settings_of(issued: Issued) -> dict[str, Path]:
    return {"WAYBILL_TLS_CERTIFICATE": issued.certificate, "WAYBILL_TLS_KEY": issued.key}


def status(address: str, context: ssl.SSLContext) -> int:
    return httpx.get(f"{address}/v1/numbers", verify=context).status_code


def test_https_is_served_to_clients_that_trust_the_ca(
    serve: object, ours: CertificateAuthority, foreign: CertificateAuthority
) -> None:
    address = serve(**settings_of(ours.issue()))  # type: ignore[operator]
    assert status(address, client_context(ours.ca)) == 200
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        status(address, client_context(foreign.ca))
    with pytest.raises(REFUSED):
        httpx.get(address.replace("https", "http"))


@pytest.mark.parametrize("client", ["none", "foreign", "expired"])
def test_client_is_refused_without_a_valid_certificate_of_its_ca(
    serve: object, ours: CertificateAuthority, foreign: CertificateAuthority, client: str
) -> None:
    address = serve(**settings_of(ours.issue()), WAYBILL_TLS_CLIENT_CA=ours.ca)  # type: ignore[operator]
    one_of_ours = ours.issue("orders")
    mine = client_context(ours.ca, one_of_ours.certificate, one_of_ours.key)
    assert status(address, mine) == 200
    match client:
        case "none":
            context = client_context(ours.ca)
        case "foreign":
            theirs = foreign.issue("orders")
            context = client_context(ours.ca, theirs.certificate, theirs.key)
        case _:
            old = ours.issue("orders", is_expired=True)
            context = client_context(ours.ca, old.certificate, old.key)
    with pytest.raises(REFUSED):
        status(address, context)


async def test_renewed_certificate_is_used_without_a_restart(
    serve: object, ours: CertificateAuthority, foreign: CertificateAuthority, tmp_path: Path
) -> None:
    issued = ours.issue()
    address = serve(**settings_of(issued))  # type: ignore[operator]
    renewed = foreign.issue()
    issued.key.write_bytes(renewed.key.read_bytes())
    issued.certificate.write_bytes(renewed.certificate.read_bytes())
    context = client_context(foreign.ca)

    async def is_used() -> bool:
        async with httpx.AsyncClient(verify=context) as client:
            try:
                return (await client.get(f"{address}/health/live")).status_code == 200
            except httpx.ConnectError:
                return False

    await eventually("the renewed certificate", is_used, bool)


def test_half_replaced_certificate_is_reported_once_and_the_old_one_stays(
    ours: CertificateAuthority,
) -> None:
    issued = ours.issue()
    certificate = ServerCertificate(issued.certificate, issued.key, None)
    assert not certificate.reload()
    old_key = issued.key.read_bytes()
    ours.issue()
    new_key = issued.key.read_bytes()
    issued.key.write_bytes(old_key)
    with pytest.raises(TlsFileError, match="MISMATCH"):
        certificate.reload()
    assert not certificate.reload()
    issued.key.write_bytes(new_key)
    assert certificate.reload()
