"""Enforces network policies with kube-network-policies, the engine of a Kubernetes SIG.

The kernel hands it the first packet of each connection, and it answers whether policies permit
that. Its own rules use `nft ... queue`, which not every kernel has; those of iptables do the same.
They also take what pods send to programs of the machine, such as PostgreSQL and Kafka.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.cluster.api_server import ApiServer
from tests.cluster.binaries import built
from tests.cluster.machine import Machine
from tests.cluster.servers import running

_QUEUE: Final = 98
_ACCOUNT: Final = "/run/secrets/kubernetes.io/serviceaccount"
"""Where a client in a pod looks for its token; the machine has a /run of its own."""


@contextmanager
def enforced_policies(machine: Machine, api: ApiServer, pods: str, folder: Path) -> Iterator[None]:
    """Enforce policies for the pods of a range of addresses until the end of the block."""
    machine.run("mkdir", "--parents", _ACCOUNT)
    machine.run("cp", api.certificate, f"{_ACCOUNT}/ca.crt")
    machine.run("cp", api.token_file, f"{_ACCOUNT}/token")
    command = machine.command(
        "env", f"KUBERNETES_SERVICE_HOST={api.address}", f"KUBERNETES_SERVICE_PORT={api.port}",
        built("kube-network-policies"), f"--nfqueue-id={_QUEUE}",
    )  # fmt: skip
    with running("kube-network-policies", command, folder) as engine:
        engine.wait_until(lambda: _is_asked(machine), "to take packets")
        new = ("-m", "conntrack", "--ctstate", "NEW", "-j", "NFQUEUE", "--queue-num", _QUEUE)
        append = ("iptables-legacy", "--table", "mangle", "--append")
        machine.run(*append, "FORWARD", *new)
        machine.run(*append, "INPUT", "--source", pods, "!", "--in-interface", "lo", *new)
        yield


def _is_asked(machine: Machine) -> bool:
    """Whether a program has bound the queue (proc_net of the machine's first process)."""
    queues = Path(f"/proc/{machine.pid}/net/netfilter/nfnetlink_queue").read_text("ascii")
    return any(line.split()[0] == str(_QUEUE) for line in queues.splitlines())
