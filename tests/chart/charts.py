"""What tests of the chart share: where it is, and how to look into what it renders."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from waybill.process.settings import ProcessSettings

Object = dict[str, Any]

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "deploy" / "helm" / "waybill"
TRIAL: Final = ROOT / "deploy" / "helm" / "trial"
LOGS: Final = ROOT / "deploy" / "helm" / "logs"
VALUES: Final = Path(__file__).parent / "values"
SETS: Final = sorted(path.stem for path in VALUES.glob("*.yaml"))


def of_kind(objects: Iterable[Object], kind: str) -> dict[str, Object]:
    """Return the objects of a kind by the component that they belong to, or by their names."""
    return {
        each["metadata"]["labels"].get(COMPONENT, each["metadata"]["name"]): each
        for each in objects
        if each["kind"] == kind
    }


COMPONENT: Final = "app.kubernetes.io/component"


def containers(objects: Iterable[Object]) -> Iterator[tuple[str, Object]]:
    """Yield the container of each service."""
    for name, deployment in of_kind(objects, "Deployment").items():
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        yield name, container


def variables(container: Object) -> dict[str, str]:
    """Return the environment variables of a container; a field of the pod is its path."""
    return {
        each["name"]: each["value"]
        if "value" in each
        else each["valueFrom"]["fieldRef"]["fieldPath"]
        for each in container["env"]
    }


def settings_of(service: str) -> type[ProcessSettings]:
    """Return the settings class of a service."""
    module = importlib.import_module(f"{service}.settings")
    found: type[ProcessSettings] = getattr(module, f"{service.capitalize()}Settings")
    return found
