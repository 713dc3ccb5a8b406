"""Files and classes stay small enough to read: a file has one idea, a class one responsibility."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_LINES_MAX = 300
CLASS_LINES_MAX = 150
SUFFIXES = {".go", ".java", ".js", ".mjs", ".py", ".sql", ".ts"}

LARGER_FILES: Mapping[str, str] = {}
"""Files that may be larger, each with its reason."""

LARGER_CLASSES: Mapping[str, str] = {
    "libs/toolkit/src/waybill_toolkit/platform/watchdog.py:Watchdog": (
        "keeping, holding, stopping and replacing a process change one state"
    )
}
"""Classes that may be larger, as PATH:CLASS, each with its reason."""


def _sources(root: Path) -> Iterator[Path]:
    """Yield the source files; contract packages are generated."""
    for folder in ("libs", "services", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and not {"src", "contract"}.issubset(path.parts):
                yield path


def _too_large(root: Path, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        name = path.relative_to(root).as_posix()
        text = path.read_text("utf-8")
        lines = text.count("\n")
        if lines > FILE_LINES_MAX and name not in LARGER_FILES:
            yield f"{name} has {lines} lines: split it by idea ({FILE_LINES_MAX} at most)"
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.ClassDef):
                continue
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > CLASS_LINES_MAX and f"{name}:{node.name}" not in LARGER_CLASSES:
                yield (
                    f"{name}: class {node.name} has {length} lines: "
                    f"look for its second idea ({CLASS_LINES_MAX} at most)"
                )


def test_no_file_and_no_class_is_too_large() -> None:
    assert list(_too_large(ROOT, _sources(ROOT))) == []


def test_every_exception_is_still_needed() -> None:
    for name in LARGER_FILES:
        assert (ROOT / name).read_text("utf-8").count("\n") > FILE_LINES_MAX, f"{name} is small now"
    for name in LARGER_CLASSES:
        assert (ROOT / name.partition(":")[0]).is_file(), f"{name} is gone"


def test_a_large_file_and_a_large_class_are_found(tmp_path: Path) -> None:
    large, small = tmp_path / "large.py", tmp_path / "small.py"
    large.write_text("class Large:\n" + "    x = 1\n" * FILE_LINES_MAX)
    small.write_text("class Small:\n    x = 1\n")

    found = list(_too_large(tmp_path, [large, small]))

    assert len(found) == 2
    assert all(each.startswith("large.py") for each in found)
