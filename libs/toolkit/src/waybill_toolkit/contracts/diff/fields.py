"""Compares the fields of two objects."""

from collections.abc import Iterator, Set

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.diff.keywords import Effect
from waybill_toolkit.contracts.diff.pair import Pair
from waybill_toolkit.contracts.diff.use import Use
from waybill_toolkit.contracts.generate.personal import subject_of
from waybill_toolkit.contracts.generate.schemas import SHARED


def compare_fields(pair: Pair) -> Iterator[Change | Pair]:
    """Yield added and removed fields and changes of `required`, and the other fields as pairs."""
    old, new = pair.old.get("properties", {}), pair.new.get("properties", {})
    for name in old.keys() - new.keys():
        lost = pair.before.child("properties").child(name)
        yield gone("field-removed", lost, f"{pair.label}.{name} is gone.")
    for name in new.keys() - old.keys():
        yield _added(pair, name)
    for name in old.keys() & new.keys():
        field = pair.moved(
            pair.before.child("properties").child(name),
            pair.after.child("properties").child(name),
            f".{name}",
        )
        yield from _personal(field)
        yield field
    yield from _required_otherwise(pair, came_or_went=old.keys() ^ new.keys())
    yield from _others(pair)


def _added(pair: Pair, name: str) -> Change:
    """Return the change of a new field: safe, unless the schema is closed or requires it."""
    required = name in pair.new.get("required", ())
    at = pair.after.child("properties").child(name)
    message = f"{pair.label}.{name} is new{' and required' if required else ''}."
    if _as_written(pair) and pair.old.get("additionalProperties") is False:
        message += " Old receivers refuse it: shared schemas are closed for them too."
        return now("field-added", at, message, breaking=True)
    return now("field-added", at, message, breaking=required and pair.use is not Use.ANSWER)


def _personal(field: Pair) -> Iterator[Change]:
    """Compare whose personal data a field has.

    One that is personal now is as safe to read as before. One that is not any more, or is of
    another person, is not erased by those that rely on the contract.
    """
    old, new = subject_of(field.before), subject_of(field.after)
    if old == new:
        return
    if new is None:
        at, message = field.before, f"{field.label} is not personal any more, was of {old}."
        yield gone("personal-changed", at, message)
    else:
        was = "was not" if old is None else f"was of {old}"
        message = f"{field.label} is personal data of {new} now, {was}."
        yield now("personal-changed", field.after, message, breaking=old is not None)


def _required_otherwise(pair: Pair, came_or_went: Set[str]) -> Iterator[Change]:
    old, new = set(pair.old.get("required", ())), set(pair.new.get("required", ()))
    for name in new - old - came_or_went:
        message = f".{name} is required now"
        yield pair.judge(
            Effect("field-required", "required", message, narrowed=True, widened=False)
        )
    for name in old - new - came_or_went:
        message = f".{name} is not required any more"
        yield pair.judge(
            Effect("field-optional", "required", message, narrowed=False, widened=True)
        )


def _others(pair: Pair) -> Iterator[Change | Pair]:
    """Compare `additionalProperties`."""
    keyword = "additionalProperties"
    old, new = pair.old.get(keyword, True), pair.new.get(keyword, True)
    if isinstance(old, dict) and isinstance(new, dict):
        yield pair.down(keyword, ".*")
    elif old != new:
        narrowed, widened = (
            old is not False and new is not True,
            old is not True and new is not False,
        )
        if isinstance(old, bool) and isinstance(new, bool) and not _as_written(pair):
            # Fields that the schema does not name are never sent, and receivers ignore them.
            narrowed, widened = narrowed and pair.use is Use.REQUEST, False
        message = f" is {'closed' if new is False else 'open'} to fields without a name now"
        yield pair.judge(Effect("closed", keyword, message, narrowed, widened))


def _as_written(pair: Pair) -> bool:
    """Return whether `additionalProperties` applies as written to the receivers of an event."""
    return pair.use is Use.EVENT and pair.before.document.path.parent.name == SHARED
