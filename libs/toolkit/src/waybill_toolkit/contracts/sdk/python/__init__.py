"""The client package for Python: `waybill-client`, with httpx and pydantic.

datamodel-code-generator generates the models, templates the rest. `runtime/` is copied into the
package.
"""

from pathlib import Path

from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.python.package import make_package


def write(contract: PublicContract, out: Path) -> None:
    """Write the package into `out`."""
    for name, text in make_package(contract).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
