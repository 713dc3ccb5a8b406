"""Runs the generated code of a service, made of the contracts as they are now.

So a contract can be served before there is a service, and one that was just edited is served as it
is. Beside it, the service itself may be installed: nothing here has its names.
"""

import itertools
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Final

MODULES: Final = ("shared", "models", "problems", "api")
"""In the order in which they import each other."""

_numbers = itertools.count()


def load(service: str, sources: Mapping[str, str]) -> ModuleType:
    """Run what there is of these modules; gives the package that they are in."""
    package = ModuleType(f"_mocked_{next(_numbers)}_{service}")
    package.__path__ = []
    sys.modules[package.__name__] = package
    for name in MODULES:
        if f"{name}.py" in sources:
            setattr(package, name, _run(package.__name__, service, name, sources[f"{name}.py"]))
    return package


def _run(package: str, service: str, name: str, source: str) -> ModuleType:
    module = ModuleType(f"{package}.{name}")
    module.__package__ = package
    sys.modules[module.__name__] = module
    own = source.replace(f"from {service}.contract import", "from . import")
    exec(compile(own, f"<{service}/contract/{name}.py>", "exec"), vars(module))  # noqa: S102 - ours
    return module
