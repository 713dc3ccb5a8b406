"""Writes the version of a release into the files that contain it."""

import re
from datetime import date
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.diff.announced import FILE, Announced, read_announced
from waybill_toolkit.contracts.diff.state import State
from waybill_toolkit.release.changelog import released
from waybill_toolkit.release.errors import ReleaseError
from waybill_toolkit.release.versions import (
    current_version,
    parse,
    set_upgrades_from,
    set_version,
)

_LINES: Final = re.compile(r"^(?!#|since:).*\n?", re.MULTILINE)


def prepare(root: Path, version: str, day: date) -> None:
    """Set the version, and move the unreleased changes below it in CHANGELOG.md.

    Below 1.0, breaking changes need a new minor number. Raises ReleaseError before any file is
    changed, and ContractError.
    """
    contracts = root / "contracts"
    breaking = read_announced(contracts, State(contracts).documents())
    before = current_version(root)
    _check_order(before, version, breaking)
    changelog = root / "CHANGELOG.md"
    text = released(changelog.read_text("utf-8"), version, day, breaking)
    set_version(root, version)
    if parse(version)[:2] != parse(before)[:2]:
        set_upgrades_from(root, before)
    announced = contracts / FILE
    announced.write_text(_LINES.sub("", announced.read_text("utf-8")), "utf-8")
    changelog.write_text(text, "utf-8")


def _check_order(before: str, version: str, breaking: Announced) -> None:
    old, new = parse(before), parse(version)
    if new <= old:
        raise ReleaseError(f"{version} is not above {before}, the current version.")
    if breaking and new[:2] == old[:2]:
        raise ReleaseError(
            f"contracts/{FILE} lists breaking changes: release {old[0]}.{old[1] + 1}.0 instead of "
            f"{version}."
        )
