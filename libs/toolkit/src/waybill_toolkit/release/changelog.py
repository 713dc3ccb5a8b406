"""Moves what is unreleased in CHANGELOG.md under the version that is released."""

import re
from datetime import date
from typing import Final

from waybill_toolkit.contracts.diff.announced import Announced
from waybill_toolkit.release.errors import ReleaseError

_UNRELEASED: Final = "## Unreleased\n"


def release_notes(changelog: str, version: str) -> str:
    """Return the text of one version. Raises ReleaseError when there is none."""
    match = re.search(
        rf"^## {re.escape(version)}\b.*\n(?s:(.*?))(?=^## |\Z)", changelog, re.MULTILINE
    )
    if match is None:
        raise ReleaseError(f"CHANGELOG.md has no heading '## {version}'.")
    return match[1].strip() + "\n"


def released(changelog: str, version: str, day: date, breaking: Announced) -> str:
    """Return the changelog with the unreleased changes under `version`.

    The breaking changes of contracts and their reasons come after the other changes. Raises
    ReleaseError when there is no heading `## Unreleased`, or nothing below it.
    """
    before, heading, after = changelog.partition(_UNRELEASED)
    if not heading:
        raise ReleaseError("CHANGELOG.md has no heading '## Unreleased'.")
    changes, next_heading, older = after.partition("\n## ")
    if not changes.strip():
        raise ReleaseError("CHANGELOG.md has nothing under '## Unreleased'; list what has changed.")
    section = f"## {version} ({day.isoformat()})\n\n{changes.strip()}\n{_listed(breaking)}"
    return f"{before}{_UNRELEASED}\n{section}{next_heading}{older}"


def _listed(breaking: Announced) -> str:
    lines = [
        f"- `{document}`: {change} {reason}"
        for document, changes in breaking.items()
        for change, reason in changes.items()
    ]
    return "\n".join(("\n### Breaking changes of contracts\n", *lines)) + "\n" if lines else ""
