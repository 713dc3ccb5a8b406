"""Containers without rights: read-only, no capabilities, runc, on the network of this machine."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.images.building import IMAGE

_PODMAN: Final = ("podman", "--runtime=runc", "--cgroup-manager=cgroupfs")
_CONFINED: Final = (
    # Not more than this machine has, which may not let root raise its limits.
    "--ulimit=nofile=1024:20000",
    "--ulimit=nproc=1024:1024",
    "--network=host",
    "--read-only",
    "--read-only-tmpfs=false",
    "--tmpfs=/tmp",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
)
_STOP_SECONDS: Final = 30


class Container:
    """A running container."""

    def __init__(self, name: str) -> None:
        self._name = name

    def state(self) -> dict[str, Any]:
        """Return what podman says of it."""
        shown = _run("inspect", "--format={{json .State}}", self._name).stdout
        found: dict[str, Any] = json.loads(shown)
        return found

    def status(self) -> dict[str, str]:
        """Return /proc/PID/status of its first process, by field."""
        lines = Path(f"/proc/{self.state()['Pid']}/status").read_text("utf-8").splitlines()
        return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}

    def log(self) -> str:
        """Return what it has written."""
        shown = _run("logs", self._name)
        return shown.stdout + shown.stderr

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        _run("kill", "--signal=TERM", self._name)
        subprocess.run([*_PODMAN, "wait", self._name], check=True, timeout=_STOP_SECONDS)
        return int(self.state()["ExitCode"])


@contextmanager
def container(
    name: str, *command: str, environment: Mapping[str, str], volumes: Mapping[Path, str]
) -> Iterator[Container]:
    """Run a container until the end of the block."""
    variables = [f"--env={key}={value}" for key, value in environment.items()]
    mounts = [f"--volume={source}:{target}" for source, target in volumes.items()]
    _run("run", "--detach", f"--name={name}", *_CONFINED, *variables, *mounts, IMAGE, *command)
    try:
        yield Container(name)
    finally:
        _run("rm", "--force", name)


def output_of(*command: str, entrypoint: str | None = None) -> str:
    """Run a command in a container and return its output. Raises CalledProcessError."""
    instead = [f"--entrypoint={entrypoint}"] if entrypoint else []
    return _run("run", "--rm", *_CONFINED, *instead, IMAGE, *command).stdout


def labels() -> dict[str, str]:
    """Return the labels of the image."""
    found: dict[str, str] = json.loads(
        _run("image", "inspect", "--format={{json .Labels}}", IMAGE).stdout
    )
    return found


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*_PODMAN, *command], check=True, capture_output=True, text=True)
