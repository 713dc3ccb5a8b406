"""The same files as Secrets of Kubernetes: one for each folder, with a key for each file."""

from pathlib import Path
from typing import Any

import yaml

from waybill_toolkit.operations.install_secrets.files import FOLDERS


def manifests(folder: Path, prefix: str) -> str:
    """Return the manifests for `kubectl apply`; a Secret is named after its folder."""
    return yaml.safe_dump_all(
        [_secret(folder / name, f"{prefix}-{name}") for name in FOLDERS], sort_keys=False
    )


def _secret(folder: Path, name: str) -> dict[str, Any]:
    files = {path.name: path.read_text(encoding="ascii") for path in sorted(folder.iterdir())}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "Opaque",
        "stringData": files,
    }
