"""A canary: two states of a small contract with a known result, compared before each real run.

A comparison of the wrong folders, or with rules that are never applied, finds nothing and accepts
everything. The canary detects this.
"""

from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.diff.judgement import judge

CANARY: Final = Path(__file__).with_name("canary")

KNOWN: Final = {
    ("security-changed", True),
    ("type-changed", True),
    ("field-removed", True),
    ("field-added", True),
    ("partitions-changed", True),
    ("field-added", False),
}
"""Each rule that must report a change, and whether that change must be breaking."""


class BlindGateError(Exception):
    """The comparison missed a change of the canary, so its results cannot be trusted."""


def check_canary() -> None:
    """Compare the canary. Raises BlindGateError when the result is not the known one."""
    judgement = judge(CANARY / "before", CANARY / "after")
    found = {(each.change.rule, each.change.breaking) for each in judgement.changes}
    hit = {hit.service for each in judgement.changes for hit in each.hits}
    if found != KNOWN or judgement.allowed or hit != {"probe"}:
        wrong = ", ".join(sorted(f"{rule}={breaking}" for rule, breaking in found ^ KNOWN))
        raise BlindGateError(
            f"contracts diff failed its self-test ({wrong or 'affected services'});"
            " its results cannot be trusted until this is fixed."
        )
