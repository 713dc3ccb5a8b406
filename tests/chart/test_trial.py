"""The trial: its Secrets fit each other and the settings of the services."""

import base64
import hashlib
import ssl
import subprocess
from pathlib import Path
from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from tests.chart.charts import CHART, ROOT, TRIAL, containers, of_kind, variables
from tests.cluster.clients import Client

from orders.settings import OrdersSettings
from waybill.http.access import TokenFile
from waybill.process.settings import read_settings
from waybill.sealing import Seals

SCRIPT: Final = TRIAL / "secrets.sh"
SERVER: Final = "trial-postgresql.shop.svc"

Secrets = dict[str, dict[str, bytes]]


@pytest.fixture(scope="module")
def secrets() -> Secrets:
    """The Secrets that the script prints, by name."""
    run = subprocess.run([SCRIPT, "shop"], capture_output=True, text=True, check=True)
    return {
        each["metadata"]["name"]: {
            key: base64.b64decode(value) for key, value in each["data"].items()
        }
        for each in yaml.safe_load_all(run.stdout)
    }


@pytest.fixture(scope="module")
def rendered(helm: Client) -> list[dict[str, Any]]:
    """What helm renders of both charts."""
    values = ("-f", TRIAL / "waybill.yaml", "--set", "image.repository=registry.example/waybill")
    texts = [
        helm.run("template", "trial", TRIAL, "--namespace", "shop"),
        helm.run("template", "waybill", CHART, *values, "--namespace", "shop"),
    ]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def test_the_script_asks_for_a_namespace() -> None:
    run = subprocess.run([SCRIPT], capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "Say for which namespace" in run.stderr


def test_every_secret_is_made_and_used(secrets: Secrets, rendered: list[dict[str, Any]]) -> None:
    used: set[str] = set()
    for each in rendered:
        if each["kind"] in {"Deployment", "StatefulSet"}:
            volumes = each["spec"]["template"]["spec"]["volumes"]
            used |= {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}
    assert used == secrets.keys() - {"waybill-trial-token"}


def test_the_objects_fit_the_schema_of_kubernetes(helm: Client) -> None:
    helm.run("lint", "--strict", TRIAL)
    for options in ((), ("--set", "persistent=false"), ("--set", "storageClass=fast")):
        text = helm.run("template", "trial", TRIAL, *options)
        for each in filter(None, yaml.safe_load_all(text)):
            kubernetes_validate.validate(each, "1.37", strict=True)


def test_services_accept_their_settings(
    secrets: Secrets,
    rendered: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mounted = {
        "database": {"url": secrets["waybill-databases"]["orders"]},
        "database-ca": secrets["waybill-database-ca"],
        "access": secrets["waybill-tokens"],
        "token-keys": secrets["waybill-token-keys"],
    }
    for folder, files in mounted.items():
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
    for name, value in variables(dict(containers(rendered))["orders"]).items():
        monkeypatch.setenv(name, value.replace("/etc/waybill", str(tmp_path)))

    settings = read_settings(OrdersSettings)

    assert not settings.is_on_this_machine
    assert SERVER in settings.database_url.get_secret_value()
    Seals(settings.token_keys).seal("tok_visa", b"an order")


def test_the_token_has_every_scope(secrets: Secrets, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(secrets["waybill-tokens"]["tokens.json"])
    token = secrets["waybill-trial-token"]["token"]
    assert TokenFile.load(path).has({hashlib.sha256(token).hexdigest()})
    assert b'"orders:write"' in path.read_bytes()


def test_the_certificate_is_that_of_the_server(secrets: Secrets, tmp_path: Path) -> None:
    for name, content in secrets["trial-postgresql-tls"].items():
        (tmp_path / name).write_bytes(content)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    client = ssl.create_default_context(cadata=secrets["waybill-database-ca"]["ca.crt"].decode())
    client.verify_flags |= ssl.VERIFY_X509_STRICT

    assert _handshake(client, server, SERVER)
    assert _handshake(client, server, "trial-postgresql")
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(client, server, "other.shop.svc")


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> bool:
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there, server_hostname=name),
        server.wrap_bio(there, back, server_side=True),
    )
    done = [False, False]
    for _ in range(5):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done[number] = True
            except ssl.SSLWantReadError:
                continue
    return all(done)


def test_kafka_has_one_node_and_postgresql_a_database_for_each_service(
    secrets: Secrets, rendered: list[dict[str, Any]]
) -> None:
    sets = of_kind(rendered, "StatefulSet")
    assert sets.keys() == {"trial-kafka", "trial-postgresql"}
    assert {each["spec"]["replicas"] for each in sets.values()} == {1}
    wanted = {path.parent.name for path in ROOT.glob("services/*/migrations")}
    assert secrets["waybill-databases"].keys() == wanted
    for service in wanted:
        password = secrets["trial-postgresql-roles"][service].decode()
        assert f":{password}@" in secrets["waybill-databases"][service].decode()
