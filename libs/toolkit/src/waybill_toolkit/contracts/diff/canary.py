"""A canary: two states of a small contract whose verdict is known, judged before every real one.

A gate that compares the wrong folders, or whose rules are not reached, finds nothing and lets
everything pass. This one would then find nothing in the canary either, and says so instead.
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
"""Each rule that must speak, and whether it must call a change breaking."""


class BlindGateError(Exception):
    """The gate does not see what it must; its verdicts are worth nothing."""


def check_canary() -> None:
    """Judge what is known. Raises BlindGateError when the verdict is another."""
    judgement = judge(CANARY / "before", CANARY / "after")
    found = {(each.change.rule, each.change.breaking) for each in judgement.changes}
    hit = {hit.service for each in judgement.changes for hit in each.hits}
    if found != KNOWN or judgement.allowed or hit != {"probe"}:
        wrong = ", ".join(sorted(f"{rule}={breaking}" for rule, breaking in found ^ KNOWN))
        raise BlindGateError(
            f"the gate judges its canary wrongly ({wrong or 'whom it hits'});"
            " do not trust its verdicts before that is put right."
        )
