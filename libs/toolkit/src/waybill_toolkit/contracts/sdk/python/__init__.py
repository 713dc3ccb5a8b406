"""The client package for Python: `waybill-client`, with httpx and pydantic.

datamodel-code-generator generates the models, templates the rest. `runtime/` is copied into the
package.
"""

import keyword
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.options import NameRule, PackageOptions
from waybill_toolkit.contracts.sdk.python.package import Names, make_package

NAMES: Final[Mapping[str, NameRule]] = {
    "name": NameRule(
        what="the name of a Python package",
        pattern=r"[a-z0-9]+([._-][a-z0-9]+)*",  # normalized or not far from it (PEP 508, PEP 503)
        example="acme-waybill",
    ),
    "module": NameRule(
        what="the name of a Python module",
        pattern=r"[a-z][a-z0-9_]*",
        example="acme_waybill",
        reserved=frozenset({*keyword.kwlist, *sys.stdlib_module_names, "httpx", "pydantic"}),
    ),
}


def write(contract: PublicContract, out: Path, options: PackageOptions) -> None:
    """Write the package into `out`."""
    names = Names(
        name=options.name or "waybill-client",
        module=options.module or "waybill_client",
        url=options.project_url,
    )
    for name, text in make_package(contract, names).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
