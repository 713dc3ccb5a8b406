"""The files that the packages of all languages have: LICENSE and CHANGELOG.md."""

from importlib.resources import files
from pathlib import Path

from waybill_toolkit.contracts.sdk.contract import PublicContract


def write_shared_files(contract: PublicContract, out: Path) -> None:
    """Write LICENSE and CHANGELOG.md, which names the contract's version, into `out`."""
    shared = files(__package__).joinpath("shared")
    changes = shared.joinpath("CHANGELOG.md").read_text(encoding="utf-8")
    text = changes.replace("{{ version }}", contract.version)
    (out / "CHANGELOG.md").write_text(text, encoding="utf-8", newline="\n")
    (out / "LICENSE").write_bytes(shared.joinpath("LICENSE").read_bytes())
