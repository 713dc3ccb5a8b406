"""A real Kafka with the configuration of `waybill secrets`: TLS, users and their permissions."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from waybill.kafka.security import KafkaSecurity
from waybill_toolkit.cli import build
from waybill_toolkit.operations.install_secrets.files import Hosts, SecretsFolder
from waybill_toolkit.operations.install_secrets.services import Services
from waybill_toolkit.platform.apache_kafka.acls import acls_at
from waybill_toolkit.platform.apache_kafka.distribution import ensure_kafka, jars_folder, java
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.processes import end

ROOT: Final = Path(__file__).parents[2]
LOCALHOST: Final = "localhost"
START_SECONDS_MAX: Final = 120
"""Only a failing test waits this long."""

MISSING: Final = [
    *([] if os.environ.get("WAYBILL_IMAGES") else ["`make images` runs it"]),
    *(each for each in ("java", "mvn") if shutil.which(each) is None),
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")


class Kafka:
    def __init__(self, secrets: Path, port: int) -> None:
        self.secrets = secrets
        self.address = f"{LOCALHOST}:{port}"

    def security(self, user: str, **changed: Path) -> KafkaSecurity:
        """Return how a user of the secrets connects."""
        password = (self.secrets / "kafka" / user).read_text("ascii").strip()
        ca = changed.get("ca", self.secrets / "ca" / "ca.crt")
        return KafkaSecurity("SASL_SSL", "PLAIN", user, password, ca)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A Kafka of one node, as the image apache/kafka starts it, with other paths and ports."""
    jars = jars_folder()
    ensure_kafka(jars)
    folder = tmp_path_factory.mktemp("kafka")
    now = datetime.now(UTC)  # noqa: TID251 - Java compares it with the time of the machine
    SecretsFolder(folder / "secrets", now).write(Services.around(ROOT), Hosts(kafka=(LOCALHOST,)))
    broker, port = folder / "secrets" / "broker", free_port()
    properties = folder / "server.properties"
    text = (broker / "server.properties").read_text("ascii")
    for written, here in {
        "/mnt/shared/config": str(broker),
        "/var/lib/kafka/data": str(folder / "data"),
        ":9092": f":{port}",
        "localhost:9093": f"localhost:{free_port()}",
    }.items():
        text = text.replace(written, here)
    properties.write_text(text)
    command = [java(), "-Xmx256m", "-cp", str(jars / "*")]
    storage = ["kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw"]
    subprocess.run([*command, *storage, "-c", str(properties)], check=True)
    process = subprocess.Popen([*command, "kafka.Kafka", str(properties)])
    yield Kafka(folder / "secrets", port)
    end(process, signal.SIGKILL, START_SECONDS_MAX)


def test_the_administrator_creates_topics_and_permissions(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    security = kafka.security("waybill")
    for name, value in {
        "BOOTSTRAP_SERVERS": kafka.address,
        "SECURITY_PROTOCOL": security.protocol,
        "SASL_MECHANISM": security.mechanism,
        "SASL_USERNAME": security.username,
        "SASL_PASSWORD": security.password,
        "SSL_CA": str(security.ca),
    }.items():
        monkeypatch.setenv(f"WAYBILL_KAFKA_{name}", value)
    runner, apply = CliRunner(), ["topics", "apply", "--acls", "--json"]

    result = runner.invoke(build(), apply)
    while result.exit_code and "are away" in result.output:  # it is starting
        result = runner.invoke(build(), apply)

    assert result.exit_code == 0, result.output
    assert "orders.order-events.v1" in result.output
    planned = runner.invoke(build(), ["topics", "plan", "--acls"])
    assert planned.exit_code == 0, planned.output


async def test_a_service_may_not_give_permissions(kafka: Kafka) -> None:
    async with acls_at(kafka.address, kafka.security("orders")) as acls:
        with pytest.raises(PlatformError, match="AuthorizationFailed"):
            await acls.read()


async def test_a_wrong_password_is_refused(kafka: Kafka) -> None:
    (kafka.secrets / "kafka" / "mallory").write_text("not a password")
    with pytest.raises(PlatformError):
        async with acls_at(kafka.address, kafka.security("mallory")) as acls:
            await acls.read()
