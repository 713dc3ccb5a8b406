"""What the services of a source tree need secrets for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from waybill_toolkit.contracts.generate.tree import Tree
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.identity import scopes_of


@dataclass(frozen=True, slots=True)
class Services:
    """The services with a database, those with events, and the scopes of all operations."""

    with_database: tuple[str, ...]
    with_events: tuple[str, ...]
    scopes: tuple[str, ...]

    @classmethod
    def around(cls, folder: Path) -> Self:
        """Read the source tree of `folder`. Raises PlatformError."""
        try:
            tree = Tree.around(folder)
        except FileNotFoundError as error:
            raise PlatformError(f"{error}: run this in Waybill's sources.") from None
        packages = {name: tree.package(name) for name in tree.services}
        scopes = scopes_of(each / "openapi.json" for each in packages.values())
        return cls(
            tuple(
                each for each in packages if (tree.root / f"services/{each}/migrations").is_dir()
            ),
            tuple(name for name, each in packages.items() if (each / "asyncapi.json").is_file()),
            tuple(sorted(scopes)),
        )
