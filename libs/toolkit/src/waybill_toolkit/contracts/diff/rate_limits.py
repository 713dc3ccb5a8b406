"""Compares the limits on the rate of requests.

A narrower limit is breaking. A new class is safe: a client handles 429 by its status, as any new
problem.
"""

from collections.abc import Iterator

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.diff.state import OperationPlace
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.rate_limits import CLASSES, RATE_LIMIT, limit_of


def compare_classes(before: Node, after: Node) -> Iterator[Change]:
    """Compare the classes of the gateway's contract."""
    old, new = before.get(CLASSES), after.get(CLASSES)
    if old is None or new is None:
        return
    for was in old.children():
        is_now = new.get(was.name)
        if is_now is None:
            yield gone("rate-limit-removed", was, f"the class {was.name} is gone.")
        elif was.value != is_now.value:
            yield _compare_class(was, is_now)


def compare_limit(before: OperationPlace, after: OperationPlace) -> Iterator[Change]:
    """Compare the class and the cost of an operation."""
    old, new = (limit_of(each.node.name, each.node.value) for each in (before, after))
    if old != new:
        at = after.node.get(RATE_LIMIT) or after.node
        message = (
            f"{after.name} costs {new['cost']} of {new['class']}, it was {old['cost']} of"
            f" {old['class']}."
        )
        is_safe = old["class"] == new["class"] and new["cost"] <= old["cost"]
        yield now("rate-limit-changed", at, message, breaking=not is_safe)


def _compare_class(was: Node, is_now: Node) -> Change:
    (quota, seconds), (new_quota, new_seconds) = (
        (each.value["quota"], each.value["window_seconds"]) for each in (was, is_now)
    )
    is_narrower = new_quota < quota or new_quota * seconds < quota * new_seconds
    message = (
        f"the class {was.name} has {new_quota} in {new_seconds} s, it had {quota} in {seconds} s."
    )
    return now("rate-limit-changed", is_now, message, breaking=is_narrower)
