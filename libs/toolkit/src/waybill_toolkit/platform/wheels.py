"""Finds the installed wheels that contain servers."""

import importlib.util
from pathlib import Path

from waybill_toolkit.platform.errors import PlatformError


def installed_package(name: str) -> Path:
    """Return the folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise PlatformError(
            f"The package {name} is not installed for this Python and platform: "
            "run `make install` again (Linux on x86-64 or arm64)."
        )
    return Path(spec.submodule_search_locations[0])
