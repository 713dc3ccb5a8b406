"""Records, enumerations and choices in Java."""

from collections.abc import Iterator, Sequence
from typing import Final

from waybill_toolkit.contracts.sdk.contract import UnsupportedContractError
from waybill_toolkit.contracts.sdk.java.spelling import (
    camel,
    component,
    constant,
    imports,
    javadoc,
    laid_out,
    member_type,
    model,
    quoted,
)
from waybill_toolkit.contracts.sdk.shapes import (
    Choice,
    Enumeration,
    Field,
    ListOf,
    MapOf,
    Nullable,
    Shape,
)

_ROOM = 60
_EXTRA: Final = "@Extra Map<String, Object> additionalProperties"
_EXTRA_TAG: Final = "@param additionalProperties the members that this version does not know"
_COPY: Final = "additionalProperties = Extra.Members.copyOf(additionalProperties);"


def record_parts(
    name: str,
    text: str,
    fields: Sequence[Field],
    choices: Sequence[str] = (),
    *,
    is_answered: bool = False,
) -> dict[str, object]:
    """Return the values for the template of a record.

    A record that occurs in answers has a component for the members that are unknown to it.
    """
    kinds = {field.name: member_type(field) for field in fields}
    checks = [*_checks(fields), *[_COPY] * is_answered]
    components = [component(each.name, kinds[each.name]) for each in fields]
    extra = [_EXTRA] if is_answered else []
    tags = [*map(_tag, fields), *[_EXTRA_TAG] * is_answered]
    required = [each for each in fields if each.is_required]
    optional = [each for each in fields if not each.is_required]
    return {
        "name": name,
        "doc": javadoc(text, tags=tags if text else ()),
        "imports": imports(*kinds.values(), *checks, *extra),
        "components": laid_out([*components, *extra], 8, _ROOM),
        "is_answered": is_answered,
        "implements": f" implements {', '.join(choices)}" if choices else "",
        "checks": checks,
        "required_parameters": laid_out(
            (f"{kinds[each.name]} {camel(each.name)}" for each in required), 12, _ROOM
        ),
        "required_passed": ", ".join(
            [
                *(camel(each.name) if each.is_required else "null" for each in fields),
                *["null"] * is_answered,
            ]
        ),
        "optional": [{"name": camel(each.name), "type": kinds[each.name]} for each in optional],
        "all_passed": ", ".join(
            [*(camel(each.name) for each in fields), *["additionalProperties"] * is_answered]
        ),
    }


def _tag(field: Field) -> str:
    text = field.text.rstrip(".") or " ".join(field.name.split("_"))
    is_sure = field.is_required and not isinstance(field.shape, Nullable)
    return f"@param {camel(field.name)} {text}{'' if is_sure else '; may be null'}"


def _checks(fields: Sequence[Field]) -> Iterator[str]:
    """Yield the lines that reject null for required fields and copy mutable values."""
    for field in fields:
        name = camel(field.name)
        is_sure = field.is_required and not isinstance(field.shape, Nullable)
        copied = _copied(field.shape)
        if is_sure and member_type(field) not in {"long", "double", "boolean", "Object"}:
            yield f"Objects.requireNonNull({name}, {quoted(field.name)});"
        if copied:
            copy = f"{copied}.copyOf({name})"
            yield f"{name} = {copy};" if is_sure else f"{name} = {name} == null ? null : {copy};"


def _copied(shape: Shape) -> str | None:
    """Return the class that copies a list or a map; None when it may contain null."""
    match shape:
        case Nullable(inner):
            return _copied(inner)
        case ListOf(Nullable()) | MapOf(Nullable()):
            return None
        case ListOf():
            return "List"
        case MapOf():
            return "Map"
        case _:
            return None


def enum_parts(each: Enumeration) -> dict[str, object]:
    """Return the values for the template of an enumeration."""
    constants = {constant(value): value for value in each.values}
    if len(constants) < len(each.values):
        raise UnsupportedContractError(f"two values of {each.name} have the same name; rename one.")
    return {"name": model(each.name), "doc": javadoc(each.text), "constants": constants.items()}


def choice_parts(each: Choice) -> dict[str, object]:
    """Return the values for the template of a choice."""
    options = sorted(each.options.items())
    names = sorted({model(option) for _, option in options})
    return {
        "name": model(each.name),
        "doc": javadoc(each.text),
        "tag": each.tag,
        "values": ", ".join(quoted(value) for value, _ in options),
        "types": ", ".join(f"{model(option)}.class" for _, option in options),
        "permits": ", ".join(names),
    }
