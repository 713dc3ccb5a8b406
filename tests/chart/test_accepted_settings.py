"""Every service accepts the environment and the files that the chart gives it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from tests.chart.charts import SETS, Object, containers, of_kind, settings_of, variables
from tests.chart.conftest import Render

from waybill.process.settings import read_settings
from waybill_toolkit.testing.certificates import CertificateAuthority

SECRET: Final = "f1TZgq0Wn7rXk2PdLm5c"  # noqa: S105 - random, of this test
MOUNTED: Final = "/etc/waybill"
TEXTS: Final = {
    "url": f"postgresql://shop:{SECRET}@db.example/shop?sslmode=verify-full",
    "tokens.json": "{}",
    "password": SECRET,
    "token": SECRET,
    "index-key": SECRET * 2,
    "rate-limit-store": f"redis://:{SECRET}@valkey.example:6379",
}
"""By the name of a file, or of the folder of a file `value`."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """A certificate, its key and its CA, by the names of files."""
    authority = CertificateAuthority(tmp_path_factory.mktemp("ca"))
    issued = authority.issue("shop.example")
    paths = {"ca.crt": authority.ca, "tls.crt": issued.certificate, "tls.key": issued.key}
    return {name: path.read_bytes() for name, path in paths.items()}


@pytest.mark.parametrize("name", SETS)
def test_every_service_accepts_its_settings(
    render: Render,
    certificates: Mapping[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
) -> None:
    deployments = of_kind(render(name), "Deployment")
    for service, container in containers(render(name)):
        root = tmp_path / service
        _mount(root, deployments[service]["spec"]["template"]["spec"], certificates)
        with monkeypatch.context() as patched:
            for variable in [each for each in os.environ if each.startswith(("WAYBILL_", "PG"))]:
                patched.delenv(variable)
            for variable, value in variables(container).items():
                if variable.startswith(("WAYBILL_", "PG")):
                    patched.setenv(variable, value.replace(MOUNTED, str(root)))

            settings = read_settings(settings_of(service))

        assert settings.service == service
        assert settings.host == "0.0.0.0"  # noqa: S104 - what the chart must say
        assert not settings.is_on_this_machine


def _mount(root: Path, pod: Object, certificates: Mapping[str, bytes]) -> None:
    """Write what the volumes of a pod have."""
    for volume in pod["volumes"]:
        folder = root / volume["name"]
        folder.mkdir(parents=True)
        source = volume.get("secret") or volume.get("configMap") or {}
        for item in source.get("items", []):
            name = item["path"]
            text = TEXTS.get(folder.name if name == "value" else name, "")
            (folder / name).write_bytes(certificates.get(name, text.encode()))
