"""Definitions of the kinds that others add to Kubernetes, from the Go modules of their projects."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.cluster.binaries import BuildError

_MODULES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "sigs.k8s.io/gateway-api@v1.5.0": (
        "h1:duoo14Ky/fJXpjpmyMISE2RTBGnfCg8zICfTYLTnBJA=",
        ("config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",),
    ),
    "github.com/kedacore/keda/v2@v2.21.0": (
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        (
            "config/crd/bases/keda.sh_scaledobjects.yaml",
            "config/crd/bases/keda.sh_triggerauthentications.yaml",
        ),
    ),
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        (
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        ),
    ),
    "github.com/external-secrets/external-secrets@v1.3.2": (
        "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        (
            "config/crds/bases/external-secrets.io_externalsecrets.yaml",
            "config/crds/bases/external-secrets.io_secretstores.yaml",
        ),
    ),
}
"""By module and version: its checksum, and files of definitions."""

_WITHOUT_SCHEMA: Final = {
    "kafka.strimzi.io": ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"),
    "postgresql.cnpg.io": ("Cluster", "Database"),
    "argoproj.io": ("Application",),
    "helm.toolkit.fluxcd.io": ("HelmRelease",),
    "source.toolkit.fluxcd.io": ("OCIRepository",),
}
"""Kinds whose projects publish no Go module with the definition: any field is accepted."""

_VERSIONS: Final = {
    "kafka.strimzi.io": ("v1", "v1beta2"),
    "argoproj.io": ("v1alpha1",),
    "helm.toolkit.fluxcd.io": ("v2",),
}


def published() -> list[Path]:
    """Return the files of definitions, downloaded if they are missing. Raises BuildError."""
    if shutil.which("go") is None:
        raise BuildError("the definitions of kinds are downloaded with Go, which is not installed")
    return [file for module in _MODULES for file in _files_of(module)]


def _files_of(module: str) -> Iterator[Path]:
    command = ["go", "mod", "download", "-json", module]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout or "{}")
    if "Dir" not in answer:
        raise BuildError(f"{module} cannot be downloaded: {answer.get('Error', done.stderr)}")
    checksum, files = _MODULES[module]
    if answer["Sum"] != checksum:
        raise BuildError(f"{module} has the checksum {answer['Sum']} instead of {checksum}")
    yield from (Path(answer["Dir"], file) for file in files)


def without_schema() -> Iterator[dict[str, Any]]:
    """Yield definitions that accept any field."""
    for group, kinds in _WITHOUT_SCHEMA.items():
        for kind in kinds:
            plural = f"{kind.lower()}s"
            yield {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": f"{plural}.{group}"},
                "spec": {
                    "group": group,
                    "scope": "Namespaced",
                    "names": {"kind": kind, "plural": plural},
                    "versions": [
                        {
                            "name": version,
                            "served": True,
                            "storage": number == 0,
                            "schema": {"openAPIV3Schema": _ANY},
                        }
                        for number, version in enumerate(_VERSIONS.get(group, ("v1",)))
                    ],
                },
            }


_ANY: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
