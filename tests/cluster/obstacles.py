"""Why a cluster, or the API alone, cannot run here."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.cluster.binaries import PROGRAMS, path_of
from tests.cluster.node import CNI_PROGRAMS

API_PROGRAMS: Final = ("etcd", "kube-apiserver")
_INSTALLED: Final = (
    "containerd", "ctr", "runc", "ip", "iptables-legacy", "nft", "nsenter", "unshare",
    "curl", "jq", "psql",
)  # fmt: skip
_PACKAGES: Final = (
    "containerd runc containernetworking-plugins iproute2 nftables iptables"
    " curl jq postgresql-client"
)


def against_api() -> list[str]:
    """Return what is missing for etcd and kube-apiserver."""
    return list(_not_built(API_PROGRAMS))


def against_cluster() -> list[str]:
    """Return what is missing for nodes that run containers."""
    found = list(_not_built(tuple(PROGRAMS)))
    missing = [name for name in _INSTALLED if shutil.which(name) is None]
    missing += [] if Path(CNI_PROGRAMS, "ptp").exists() else [f"{CNI_PROGRAMS}/ptp"]
    if missing:
        found.append(f"{', '.join(missing)} missing; on Debian: apt-get install {_PACKAGES}")
    if os.geteuid() != 0:
        found.append("only root can make namespaces and control groups")
    elif not os.access("/sys/fs/cgroup", os.W_OK):
        found.append("/sys/fs/cgroup cannot be written")
    return found


def _not_built(programs: tuple[str, ...]) -> Iterator[str]:
    missing = [name for name in programs if not path_of(name).exists()]
    if missing and shutil.which("go") is None:
        yield f"{', '.join(missing)} not built yet, and Go, which builds them, is not installed"
