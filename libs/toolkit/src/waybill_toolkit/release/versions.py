"""The version of the project, which stands in several files and is the same in all of them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from waybill_toolkit.release.errors import ReleaseError

_PLACES: Final = {
    "libs/*/pyproject.toml": r'^version = "(.+)"$',
    "services/*/pyproject.toml": r'^version = "(.+)"$',
    "contracts/*/*api.yaml": r"^  version: (\S+)$",
    "contracts/gateway/gateway.yaml": r"^  version: (\S+)$",
    "contracts/breaking-changes.yaml": r"^since: (\S+)$",
    "deploy/helm/*/Chart.yaml": r'^(?:version|appVersion): "?([^"\s]+)"?$',
}
"""By files, the lines with the version."""

_UPGRADES_FROM: Final = "libs/common/src/waybill/postgres/schema_version.py"
_UPGRADES_FROM_LINE: Final = re.compile(r'^(UPGRADES_FROM: Final = ")(.+)(")$', re.MULTILINE)

_VERSION: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def parse(version: str) -> tuple[int, int, int]:
    """Return the three numbers. Raises ReleaseError."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ReleaseError(f"{version!r} is no version; write three numbers such as 0.2.0.")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def current_version(root: Path) -> str:
    """Return the version. Raises ReleaseError when files disagree."""
    files: dict[str, list[str]] = defaultdict(list)
    for path, pattern in _files(root):
        found = set(re.findall(pattern, path.read_text("utf-8"), re.MULTILINE))
        for version in found or {"none"}:
            files[version].append(path.relative_to(root).as_posix())
    if len(files) != 1:
        listed = "; ".join(f"{version} in {', '.join(files[version])}" for version in sorted(files))
        raise ReleaseError(f"these files must have the same version: {listed or 'none found'}.")
    return next(iter(files))


def set_version(root: Path, version: str) -> None:
    """Write the version into each of the files."""
    for path, pattern in _files(root):
        text = path.read_text("utf-8")
        path.write_text(
            re.sub(pattern, lambda match: _replaced(match, version), text, flags=re.MULTILINE),
            "utf-8",
        )


def set_upgrades_from(root: Path, version: str) -> None:
    """Write the release from which the next one takes over into the code."""
    path = root / _UPGRADES_FROM
    text = path.read_text("utf-8")
    path.write_text(_UPGRADES_FROM_LINE.sub(rf"\g<1>{version}\g<3>", text), "utf-8")


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    for glob, pattern in _PLACES.items():
        for path in sorted(root.glob(glob)):
            yield path, pattern


def _replaced(match: re.Match[str], version: str) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match[0][:start] + version + match[0][end:]
