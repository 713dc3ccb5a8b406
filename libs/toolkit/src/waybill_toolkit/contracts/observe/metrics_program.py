"""Prints the metrics of services as JSON. A program of its own: it imports the services of a tree.

    python -m waybill_toolkit.contracts.observe.metrics_program TREE SERVICE...

The output is an object by service, with a list of its declarations. The exit status is 1 with one
line on the error output when a module cannot be read.
"""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import waybill.app  # noqa: F401 - what the runtime declares belongs to no service
from waybill.metrics import DECLARED


def main(tree: str, *services: str) -> None:
    """Print the metrics. Exits with 1 when a module cannot be read."""
    sys.path[:0] = [str(Path(tree) / "services" / each / "src") for each in services]
    found: dict[str, list[dict[str, Any]]] = {}
    for service in services:
        before = set(DECLARED)
        try:
            import_module(f"{service}.metrics")
        except Exception as error:  # noqa: BLE001 - a module of the tree may raise anything
            sys.exit(f"{service}: {type(error).__name__}: {error}")
        found[service] = [asdict(each) for name, each in DECLARED.items() if name not in before]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
