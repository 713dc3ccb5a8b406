"""deploy/compose.yaml against the services: every one is in it, with settings that it accepts."""

import importlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from waybill.process.secret_files import secrets_of
from waybill.process.settings import ProcessSettings
from waybill_toolkit.contracts.chart.compose_file import compose_file
from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.operations.install_secrets.files import Hosts, SecretsFolder
from waybill_toolkit.operations.install_secrets.services import Services
from waybill_toolkit.platform.apache_kafka.distribution import VERSION

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
SERVICES: Final = Repository(ROOT).packages
NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def deploy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that looks like deploy/ after `waybill secrets`."""
    folder = tmp_path_factory.mktemp("deploy")
    SecretsFolder(folder / "secrets", NOW).write(Services.around(ROOT), Hosts())
    return folder


def mounts(service: Mapping[str, Any], deploy: Path) -> Iterator[tuple[str, Path]]:
    """Yield what a service mounts: the path in the container and the path here."""
    for mount in service["volumes"]:
        source, target = mount.split(":")[:2]
        here = deploy / source
        if not source.startswith("./"):
            here.mkdir(exist_ok=True)  # a named volume
        assert here.exists(), f"`waybill secrets` does not write {source}"
        yield target, here


def environment(service: Mapping[str, Any], deploy: Path) -> dict[str, str]:
    """Return the environment of a service, with paths of files that exist here."""
    places = dict(mounts(service, deploy))
    found = {}
    for name, text in service["environment"].items():
        value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
        for target, here in places.items():
            if value == target or value.startswith(f"{target}/"):
                value = value.replace(target, str(here), 1)
        found[name] = value
    return found


def settings_class(service: str) -> type[ProcessSettings]:
    module = importlib.import_module(f"{service}.settings")
    name = f"{service.capitalize()}Settings"
    found: type[ProcessSettings] = getattr(module, name)
    assert issubclass(found, ProcessSettings)
    return found


def test_every_service_is_in_it() -> None:
    servers = {"postgres", "databases", "kafka", "topics", "waybill"}
    assert COMPOSE["services"].keys() == servers | set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_accepts_its_settings(
    service: str, deploy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = settings_class(service)
    variables = environment(COMPOSE["services"][service], deploy)
    known = {f"WAYBILL_{name.upper()}" for name in kind.model_fields}
    known |= {f"WAYBILL_{name.upper()}_FILE" for name in secrets_of(kind.model_fields)}
    assert {name for name in variables if name.startswith("WAYBILL_")} <= known
    for name, value in {**variables, "WAYBILL_HOST": "0.0.0.0"}.items():  # noqa: S104 - as in the image
        monkeypatch.setenv(name, value)

    settings = kind()

    assert settings.service == service


@pytest.mark.parametrize("service", [*SERVICES, "topics", "waybill"])
def test_our_containers_have_no_rights(service: str) -> None:
    confined = COMPOSE["services"][service]
    assert confined["read_only"] is True
    assert confined["cap_drop"] == ["ALL"]
    assert confined["security_opt"] == ["no-new-privileges:true"]


def test_only_the_gateway_is_reached_from_outside_and_on_this_machine_only() -> None:
    ports = {name: each["ports"] for name, each in COMPOSE["services"].items() if "ports" in each}
    assert ports == {"gateway": ["127.0.0.1:${WAYBILL_PORT:-8000}:8000"]}


def test_it_has_the_kafka_that_is_tested() -> None:
    assert COMPOSE["services"]["kafka"]["image"].endswith(f":{VERSION}")


def test_a_service_with_a_required_setting_of_its_own_asks_for_it() -> None:
    facts = ServiceFacts(
        name="loyalty",
        has_database=False,
        topics=(),
        sends=(),
        receives=(),
        callers=(),
        settings={"WAYBILL_SHOP_URL": {"kind": "value", "required": True}},
    )

    document = yaml.safe_load(compose_file([facts]))

    variables = document["services"]["loyalty"]["environment"]
    assert variables == {"WAYBILL_SHOP_URL": "${LOYALTY_WAYBILL_SHOP_URL:?set it in deploy/.env}"}
