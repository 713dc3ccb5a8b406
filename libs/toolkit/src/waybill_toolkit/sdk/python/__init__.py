"""The client package for Python."""

from pathlib import Path

from waybill_toolkit.sdk.contract import PublicContract


def write(contract: PublicContract, out: Path) -> None:
    """Write the package into `out`."""
    (out / "README.md").write_text(f"# waybill-client {contract.version}\n", encoding="utf-8")
