"""Finds an example for a schema: the first valid one of the contracts' examples, or its own."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Examples:
    """The folders `examples/` of these contracts, searched in this order."""

    folders: tuple[Path, ...]

    @classmethod
    def of(cls, contracts: Path, services: Iterable[str]) -> "Examples":
        """Use the folders of these services."""
        return cls(tuple(contracts / service / "examples" for service in services))

    def text(self, name: str, schema: Mapping[str, Any]) -> str | None:
        """Return the example of a schema as JSON; None when there is none."""
        value = self._value(name, schema)
        return None if value is None else json.dumps(value, indent=2, ensure_ascii=False)

    def _value(self, name: str, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
        for folder in self.folders:
            for path in sorted((folder / name).glob("valid-*.json")):
                return json.loads(path.read_bytes())
        if "example" in schema:
            return schema["example"]
        return next(iter(schema.get("examples", ())), None)
