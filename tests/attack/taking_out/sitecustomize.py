"""Takes a guard out: changes the text of modules before Python compiles them.

Python imports this module at its start if its folder is in PYTHONPATH, also in every process that a
test starts. WAYBILL_WITHOUT_GUARD is a JSON list of [module, text, text instead].
"""

import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, changes: Sequence[Sequence[str]]) -> None:
        super().__init__(name, path)
        self._changes = changes

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed text; the cache of bytecode is neither read nor written."""
        source = self.get_data(self.path).decode()
        for _, text, instead in self._changes:
            if source.count(text) != 1:
                raise ImportError(f"{fullname} does not have this guard once: {text!r}")
            source = source.replace(text, instead)
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, changes: Sequence[Sequence[str]]) -> None:
        self._changes = changes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        changes = [each for each in self._changes if each[0] == fullname]
        spec = PathFinder.find_spec(fullname, path, target) if changes else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Changed(fullname, spec.origin, changes)
        return spec


if "WAYBILL_WITHOUT_GUARD" in os.environ:
    sys.meta_path.insert(0, _Finder(json.loads(os.environ["WAYBILL_WITHOUT_GUARD"])))
