"""The places of contracts and generated packages."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from waybill_toolkit.contracts.generate.names import GATEWAY, SHARED


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder with `contracts/` and `services/`."""

    root: Path

    @classmethod
    def around(cls, folder: Path) -> Self:
        """Find the tree of `folder`. Raises FileNotFoundError."""
        for candidate in (folder, *folder.parents):
            if (candidate / "contracts" / SHARED / "problems.yaml").is_file():
                return cls(candidate)
        raise FileNotFoundError(f"there is no contracts/ in {folder} or above it")

    @property
    def services(self) -> list[str]:
        """Every service that has a contract, in alphabetical order.

        A folder with only an asyncapi.yaml is an external service: its events are only received.
        """
        return sorted(path.parent.name for path in self.root.glob("contracts/*/openapi.yaml"))

    @property
    def packages(self) -> list[str]:
        """All generated packages: one for each service, and the gateway's."""
        has_gateway = (self.root / "contracts" / GATEWAY / f"{GATEWAY}.yaml").is_file()
        return [*self.services, *([GATEWAY] if has_gateway else [])]

    @property
    def orphans(self) -> list[Path]:
        """Generated packages without a contract."""
        found = self.root.glob("services/*/src/*/contract")
        return sorted(path for path in found if path.parent.name not in self.packages)

    def package(self, service: str) -> Path:
        """Return the folder of the generated package of a service."""
        return self.root / "services" / service / "src" / service / "contract"
