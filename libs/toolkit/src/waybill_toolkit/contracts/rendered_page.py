"""Renders one page for a service that runs from a checkout; see checkout.py."""

import sys
from pathlib import Path

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.repository import Repository


def main(package: Path, page: str) -> None:
    """Print the page of a generated package. Exits with the first fault of the contracts."""
    repository = Repository.around(package)
    try:
        pages = repository.pages()
    except ContractError as error:
        sys.exit(str(error.faults[0]).removeprefix(f"{repository.root}/"))
    sys.stdout.write(pages[f"{package.parent.name}/{page}.html"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
