"""Creates a new service. All files are rendered before any is written."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.generate.schemas import GATEWAY
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new.change import written
from waybill_toolkit.new.listings import ListingError, listed
from waybill_toolkit.new.names import Names
from waybill_toolkit.new.refusals import refusals
from waybill_toolkit.new.templates import files_of

INSTALL: Final = (
    *("-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
    *("--no-deps", "--no-build-isolation", "--editable"),
)


class RefusedError(Exception):
    """The service cannot be created; each reason is a sentence that says what to do."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))


def new_service(repository: Repository, names: Names) -> None:
    """Write and install a service. On RefusedError the tree is unchanged."""
    if reasons := refusals(names, repository):
        raise RefusedError(*reasons)
    try:
        written_by_hand = {**files_of(names), **listed(repository.root, names)}
    except ListingError as error:
        raise RefusedError(str(error)) from None
    files = {repository.root / path: text for path, text in written_by_hand.items()}
    files |= _generated(repository, written_by_hand, names.service)
    with written(files):
        _install(repository.root / "services" / names.service)
        repository.write(repository.chart())


def _generated(repository: Repository, files: Mapping[Path, str], service: str) -> dict[Path, str]:
    """Generate the new packages from a copy of the contracts. Raises RefusedError."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Repository(Path(folder).resolve())
        shutil.copytree(repository.root / "contracts", copy.root / "contracts")
        for path, text in files.items():
            if path.parts[0] == "contracts":
                (copy.root / path).parent.mkdir(parents=True, exist_ok=True)
                (copy.root / path).write_text(text, encoding="utf-8")
        packages = [each for each in copy.packages if each in (service, GATEWAY)]
        try:
            generated = copy.generate(packages)
        except ContractError as error:
            faults = (str(fault).removeprefix(f"{copy.root}/") for fault in error.faults)
            raise RefusedError(*faults) from None
        return {
            repository.root / path.relative_to(copy.root): text for path, text in generated.items()
        }


def _install(folder: Path) -> None:
    """Install the package in this Python, as `make` does for existing services."""
    run = subprocess.run(  # noqa: S603
        [sys.executable, *INSTALL, str(folder)], capture_output=True, text=True, check=False
    )
    if run.returncode:
        said = (run.stderr.strip() or run.stdout.strip()).splitlines()[-1:]
        raise RefusedError(f"The service cannot be installed: {' '.join(said)}")
