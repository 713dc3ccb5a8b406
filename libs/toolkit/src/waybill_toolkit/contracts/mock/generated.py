"""Executes the generated code of a service, generated from the contracts as they are now.

So a contract can be served before its service exists, and an edited contract is served as edited.
An installed package of the service is not affected: the module names differ.
"""

import itertools
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Final

MODULES: Final = ("shared", "models", "problems", "api")
"""In the order of their imports."""

_numbers = itertools.count()


def load(service: str, sources: Mapping[str, str]) -> ModuleType:
    """Execute those of these modules that exist; return their package."""
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
