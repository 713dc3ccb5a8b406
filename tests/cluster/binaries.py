"""The programs of Kubernetes and of telemetry, built from the Go modules below tools/.

Each is kept for the next run.

    python3 tests/cluster/binaries.py etcd kube-apiserver

builds what is missing, all programs if none is named. It needs Go, but no Python package. They are
kept in `$WAYBILL_CACHE`, by default `waybill/` in `$XDG_CACHE_HOME` or `~/.cache`: clones share
them. After a change of its go.mod, go.sum or main.go a program is built anew.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TOOLS: Final = Path(__file__).parent / "tools"
CACHE: Final = "WAYBILL_CACHE"


class BuildError(Exception):
    """A program cannot be built; the message says why."""


@dataclass(frozen=True)
class Module:
    """A Go module below tools/, which pins the programs that are built from it."""

    name: str
    pinned: str = ""
    """The module whose version is that of the programs; none for a program of our own."""
    version_in: str = ""
    """The package whose variables tell the program its own version, if it has one."""

    @property
    def folder(self) -> Path:
        return TOOLS / self.name

    @property
    def version(self) -> str:
        """Return the pinned version, such as v1.36.3."""
        if not self.pinned:
            return "own"
        text = (self.folder / "go.mod").read_text("utf-8")
        found = re.search(rf"^\s*(?:require )?{re.escape(self.pinned)} (v\S+)", text, re.MULTILINE)
        if found is None:
            raise BuildError(f"{self.folder}/go.mod requires no {self.pinned}")
        return found[1]

    @property
    def cache(self) -> Path:
        """Return the folder of the built programs; its name changes with every pin."""
        pins = sorted(
            path for path in self.folder.iterdir() if path.suffix in {".mod", ".sum", ".go"}
        )
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()[:8]
        return cache_folder() / f"{self.name}-{self.version}-{digest}"

    @property
    def linker_flags(self) -> str:
        """Leave out symbols; tell the version, which Go modules do not."""
        if not self.version_in:
            return "-s -w"
        major, minor, _ = self.version.removeprefix("v").split(".")
        values = {"gitVersion": self.version, "gitMajor": major, "gitMinor": minor}
        return " ".join(["-s -w", *(f"-X {self.version_in}.{k}={v}" for k, v in values.items())])


_KUBERNETES: Final = Module("kubernetes", "k8s.io/kubernetes", "k8s.io/component-base/version")

PROGRAMS: Final = {
    "etcd": (Module("etcd", "go.etcd.io/etcd/server/v3"), "go.etcd.io/etcd/server/v3"),
    **{
        name: (_KUBERNETES, f"k8s.io/kubernetes/cmd/{name}")
        for name in (
            "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy",
        )
    },
    "coredns": (Module("coredns", "github.com/coredns/coredns"), "."),
    "kube-network-policies": (
        Module("network-policies", "sigs.k8s.io/kube-network-policies"),
        "sigs.k8s.io/kube-network-policies/cmd",
    ),
    "pause": (Module("pause"), "."),
    "collector": (Module("collector", "go.opentelemetry.io/collector/otelcol"), "."),
    "victoria-metrics": (
        Module("victoria-metrics", "github.com/VictoriaMetrics/VictoriaMetrics"),
        "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics",
    ),
}  # fmt: skip
"""The module and the package of each program."""


def cache_folder() -> Path:
    """Return the folder that keeps what is expensive to make."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "waybill"
    return Path(os.environ.get(CACHE) or default)


def path_of(name: str) -> Path:
    """Return where a program is, or would be."""
    return PROGRAMS[name][0].cache / name


def built(name: str) -> Path:
    """Return a program, which is built first if it is missing. Raises BuildError.

    Another process that builds it is waited for. A build of kube-apiserver takes some 8 minutes of
    CPU time.
    """
    path = path_of(name)
    module, package = PROGRAMS[name]
    with alone(path):
        if not path.exists():
            _build(module, package, path)
    return path


def _build(module: Module, package: str, path: Path) -> None:
    if shutil.which("go") is None:
        raise BuildError(f"{path.name} is built with Go, which is not installed")
    partial = path.with_suffix(".partial")
    done = subprocess.run(
        [
            "go", "build", "-trimpath", "-mod=readonly", "-buildvcs=false",
            "-ldflags", module.linker_flags, "-o", partial, package,
        ],
        cwd=module.folder,
        env={**os.environ, "CGO_ENABLED": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BuildError(f"{path.name} cannot be built:\n{done.stderr[-2000:]}")
    partial.replace(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of a path below the cache while it is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Build the named programs, or all of them."""
    names = sys.argv[1:] or list(PROGRAMS)
    if unknown := [name for name in names if name not in PROGRAMS]:
        sys.exit(f"There is no program {', '.join(unknown)}; there are {', '.join(PROGRAMS)}.")
    for name in names:
        try:
            sys.stdout.write(f"{built(name)}\n")
        except BuildError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
