"""The trial: the Secrets that it is installed with fit the charts and the settings of services."""

from pathlib import Path
from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]  # it is untyped
import pytest
import yaml
from tests.chart.charts import CHART, TRIAL, containers, of_kind, variables
from tests.cluster.clients import Client
from typer.testing import CliRunner

from orders.settings import OrdersSettings
from waybill.process.settings import read_settings
from waybill.sealing import Seals
from waybill_toolkit.cli import build

SERVER: Final = "trial-postgresql.shop.svc"

Secrets = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """The Secrets that install.sh makes, by name."""
    folder = tmp_path_factory.mktemp("secrets")
    hosts = ["--postgres", SERVER, "--kafka", "trial-kafka.shop.svc"]
    command = ["secrets", "--output", str(folder), "--kubernetes", "waybill", *hosts]
    result = CliRunner().invoke(build(), command)
    assert result.exit_code == 0, result.output
    manifests = yaml.safe_load_all((folder / "secrets.yaml").read_bytes())
    return {each["metadata"]["name"]: each["stringData"] for each in manifests}


@pytest.fixture(scope="module")
def rendered(helm: Client) -> list[dict[str, Any]]:
    """What helm renders of both charts."""
    values = ("-f", TRIAL / "waybill.yaml", "--set", "image.repository=registry.example/waybill")
    texts = [
        helm.run("template", "trial", TRIAL, "--namespace", "shop"),
        helm.run("template", "waybill", CHART, *values, "--namespace", "shop"),
    ]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def test_every_mounted_key_is_in_a_secret(secrets: Secrets, rendered: list[dict[str, Any]]) -> None:
    for each in rendered:
        if each["kind"] not in {"Deployment", "StatefulSet"}:
            continue
        for volume in each["spec"]["template"]["spec"]["volumes"]:
            if "secret" in volume:
                keys = secrets[volume["secret"]["secretName"]].keys()
                assert {item["key"] for item in volume["secret"].get("items", [])} <= keys


def test_the_script_names_what_it_makes() -> None:
    script = (TRIAL / "install.sh").read_text("utf-8")
    assert '--postgres "trial-postgresql.$namespace.svc" --kafka "trial-kafka.$namespace.svc"' in (
        script
    )
    assert 'secrets --output "$secrets" --kubernetes waybill' in script


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
        "database-ca": secrets["waybill-ca"],
        "access": secrets["waybill-access"],
        "token-keys": secrets["waybill-token-keys"],
    }
    for folder, files in mounted.items():
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_text(content)
    for name, value in variables(dict(containers(rendered))["orders"]).items():
        monkeypatch.setenv(name, value.replace("/etc/waybill", str(tmp_path)))

    settings = read_settings(OrdersSettings)

    assert not settings.is_on_this_machine
    assert SERVER in settings.database_url.get_secret_value()
    Seals(settings.token_keys).seal("tok_visa", b"an order")


def test_there_is_one_node_of_each(rendered: list[dict[str, Any]]) -> None:
    sets = of_kind(rendered, "StatefulSet")
    assert sets.keys() == {"trial-kafka", "trial-postgresql"}
    assert {each["spec"]["replicas"] for each in sets.values()} == {1}
