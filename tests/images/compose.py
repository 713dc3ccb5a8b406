"""deploy/compose.yaml in containers, by podman-compose; PostgreSQL and Kafka are images of ours."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from tests.images import building, server_images

COMPOSE: Final = building.ROOT / "deploy" / "compose.yaml"
PROJECT: Final = "waybill-tested"

_PINS: Final = Path(__file__).parent / "tools" / "requirements.txt"
_CONTAINERS: Final = """\
[containers]
# Not more than this machine has, which may not let root raise its limits.
default_ulimits = ["nofile=1024:20000", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
"""
_IMAGES: Final = {
    "postgres": server_images.POSTGRES,
    "databases": server_images.POSTGRES,
    "kafka": server_images.KAFKA,
}


@dataclass(frozen=True)
class Project:
    """The containers of the file, with the secrets in `folder`."""

    folder: Path
    port: int
    """Where the gateway is."""

    def write(self) -> None:
        """Write the file for podman 4.3, with images that are here."""
        document = yaml.safe_load(COMPOSE.read_text("utf-8"))
        for name, service in document["services"].items():
            service["image"] = _IMAGES.get(name, service["image"])
            service.get("healthcheck", {}).pop("start_interval", None)  # which podman 4.3 lacks
        (self.folder / COMPOSE.name).write_text(yaml.safe_dump(document), "utf-8")
        (self.folder / "containers.conf").write_text(_CONTAINERS, "utf-8")

    def compose(self, *command: str) -> str:
        """Run podman-compose; return what it shows. Raises AssertionError when it fails."""
        options = [f"--project-name={PROJECT}", f"--file={self.folder / COMPOSE.name}"]
        return self._run([sys.executable, str(podman_compose()), *options, *command])

    def start(self, *services: str) -> None:
        """Start containers whose dependencies are met: podman 4.3 cannot wait for health."""
        self.compose("up", "--detach", "--no-deps", "--no-build", *services)

    def command(self, *arguments: str) -> str:
        """Run a command of `waybill` to its end. Docker knows the profile by itself."""
        return self.compose("--profile=commands", "run", "--rm", "--no-deps", "waybill", *arguments)

    def is_healthy(self, service: str) -> bool:
        """Run the health check of a service, which nothing does without systemd."""
        done = subprocess.run(
            ["podman", "healthcheck", "run", container_of(service)],
            env=self._environment(),
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def exit_code(self, service: str) -> int:
        """Wait for the end of a service that does something once."""
        return int(self._run(["podman", "wait", container_of(service)]))

    def log(self, service: str) -> str:
        """Return what a container has written."""
        return self._run(["podman", "logs", container_of(service)])

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(
            command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}"
        )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "WAYBILL_IMAGE": building.IMAGE,
            "WAYBILL_PORT": str(self.port),
        }


def container_of(service: str) -> str:
    """Return the name that podman-compose gives a container."""
    return f"{PROJECT}_{service}_1"


def podman_compose() -> Path:
    """Return the program, which is fetched first if it is missing. Raises CalledProcessError."""
    name, _, version = _PINS.read_text("utf-8").split()[0].partition("==")
    folder = building.CACHE / f"{name}-{version}"
    if not folder.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        partial = folder.with_suffix(".partial")
        subprocess.run([*pip, f"--target={partial}", f"--requirement={_PINS}"], check=True)
        partial.rename(folder)
    return folder / "podman_compose.py"
