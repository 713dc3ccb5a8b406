"""Loads the generated models of any source tree, in addition to the installed ones."""

import importlib.util
import itertools
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

MODULES: Final = ("shared", "models", "sent", "received")

_numbers = itertools.count()


def load_models(package: Path) -> dict[str, ModuleType]:
    """Import the model modules of a generated package under unique names."""
    name = f"_loaded_contract_{next(_numbers)}"
    parent = ModuleType(name)
    parent.__path__ = [str(package)]
    sys.modules[name] = parent
    return {module: _load(f"{name}.{module}", package / f"{module}.py") for module in MODULES}


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
