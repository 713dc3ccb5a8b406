"""How a change of one keyword narrows or widens what a schema accepts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.diff.words import shown

Schema: TypeAlias = dict[str, Any]
Values: TypeAlias = frozenset[str] | None
"""The allowed values; None when the keyword does not limit them."""

OPAQUE: Final = (
    *("contentEncoding", "contentMediaType", "format", "not", "pattern"),
    *("propertyNames", "uniqueItems"),
)
"""Adding such a keyword narrows, removing it widens; a changed value may do both."""

TYPES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "integer",
    str: "string",
    list: "array",
    dict: "object",
}
"""Python types of the JSON Schema types; 1.0 is an integer in JSON Schema."""

AT_LEAST: Final = ("minItems", "minLength", "minProperties")
AT_MOST: Final = ("maxItems", "maxLength", "maxProperties")
RANGES: Final = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


@dataclass(frozen=True, slots=True)
class Effect:
    """The change of one keyword, and whether it narrows or widens the schema."""

    rule: str
    keyword: str
    message: str
    narrowed: bool
    widened: bool


def type_effect(before: Schema, after: Schema) -> Effect | None:
    """Compare the types. When they both narrow and widen, other keywords are not compared."""
    old, new = types_of(before), types_of(after)
    narrowed, widened = _missing(old, new), _missing(new, old)
    if not (narrowed or widened):
        return None
    message = f" is {_types(new)}, was {_types(old)}"
    return Effect("type-changed", "type", message, narrowed, widened)


def keyword_effects(before: Schema, after: Schema) -> Iterator[Effect]:
    """Compare all other keywords that do not depend on each other."""
    yield from _value_effects(before, after)
    found = [_opaque(keyword, before, after) for keyword in OPAQUE]
    found += [_limit(keyword, before, after, least=True) for keyword in AT_LEAST]
    found += [_limit(keyword, before, after, least=False) for keyword in AT_MOST]
    found += [_range(keywords, before, after) for keywords in RANGES]
    found.append(_multiple(before, after))
    yield from (effect for effect in found if effect)
    if _discriminator(before) != _discriminator(after):
        message = f" has the discriminator {_discriminator(after)}, had {_discriminator(before)}"
        yield Effect("type-changed", "discriminator", message, narrowed=True, widened=True)
    yield from _tag_effects(before, after)


def types_of(schema: Schema) -> Values:
    """Return the types that a schema accepts."""
    written = schema.get("type")
    if written is None:
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        return None if values is None else frozenset(map(_type_of, values))
    return frozenset([written] if isinstance(written, str) else written)


def _type_of(value: object) -> str:
    if isinstance(value, float) and not value.is_integer():
        return "number"
    return TYPES[type(value)]


def _missing(some: Values, within: Values) -> bool:
    """Return whether a type of `some` is not in `within`; every integer is a number."""
    if within is None:
        return False
    if some is None:
        return True
    return any(
        each not in within and not (each == "integer" and "number" in within) for each in some
    )


def _types(types: Values) -> str:
    return "anything" if types is None else " or ".join(sorted(types))


def _value_effects(before: Schema, after: Schema) -> Iterator[Effect]:
    old, new = _values(before), _values(after)
    keyword = "const" if "const" in after or ("const" in before and "enum" not in after) else "enum"
    if old is None or new is None:
        if old != new:
            message = f" is {'no longer' if new is None else 'now'} limited to certain values"
            yield Effect(
                "values-limited",
                keyword,
                message,
                narrowed=new is not None,
                widened=old is not None,
            )
        return
    if lost := sorted(old - new):
        message = f" cannot be {', '.join(lost)} any more"
        yield Effect("values-removed", keyword, message, narrowed=True, widened=False)
    if more := sorted(new - old):
        message = f" can be {', '.join(more)} now"
        yield Effect("values-added", keyword, message, narrowed=False, widened=True)


def _values(schema: Schema) -> Values:
    if "const" in schema:
        return frozenset([shown(schema["const"])])
    if "enum" in schema:
        return frozenset(map(shown, schema["enum"]))
    return None


def _opaque(keyword: str, before: Schema, after: Schema) -> Effect | None:
    old, new = before.get(keyword), after.get(keyword)
    if keyword == "uniqueItems":
        old, new = old or None, new or None
    if old == new:
        return None
    message = _moved(keyword, old, new)
    return Effect(
        "limit-changed", keyword, message, narrowed=new is not None, widened=old is not None
    )


def _multiple(before: Schema, after: Schema) -> Effect | None:
    """Compare `multipleOf`: every multiple of 4 is a multiple of 2."""
    old, new = before.get("multipleOf"), after.get("multipleOf")
    if old == new:
        return None
    message = _moved("multipleOf", old, new)
    narrowed = new is not None and (old is None or old % new != 0)
    widened = old is not None and (new is None or new % old != 0)
    return Effect("limit-changed", "multipleOf", message, narrowed, widened)


def _limit(keyword: str, before: Schema, after: Schema, *, least: bool) -> Effect | None:
    nothing = 0 if least else float("inf")
    old, new = before.get(keyword, nothing), after.get(keyword, nothing)
    if old == new:
        return None
    message = _moved(keyword, before.get(keyword), after.get(keyword))
    return Effect(
        "limit-changed",
        keyword,
        message,
        narrowed=(new > old) is least,
        widened=(new < old) is least,
    )


def _range(keywords: tuple[str, str], before: Schema, after: Schema) -> Effect | None:
    """Compare one bound of a range of numbers, which can be written with two keywords."""
    old, new = _edge(keywords, before), _edge(keywords, after)
    if old == new:
        return None
    keyword = next(each for each in keywords if before.get(each) != after.get(each))
    message = _moved(keyword, before.get(keyword), after.get(keyword))
    return Effect("limit-changed", keyword, message, narrowed=new > old, widened=new < old)


def _edge(keywords: tuple[str, str], schema: Schema) -> tuple[float, int]:
    """Return the bound as a tuple; a stricter bound is higher, and an exclusive one is stricter."""
    inclusive, exclusive = keywords
    sign = 1 if inclusive == "minimum" else -1
    whole = schema.get("type") == "integer"
    edges: list[tuple[float, int]] = [(float("-inf"), 0)]
    if inclusive in schema:
        edges.append((sign * schema[inclusive], 0))
    if exclusive in schema:
        edge = sign * schema[exclusive]
        edges.append((edge + 1, 0) if whole else (edge, 1))
    return max(edges)


def _discriminator(schema: Schema) -> object:
    """Return the discriminator's property name. OpenAPI has an object here, AsyncAPI a string."""
    written = schema.get("discriminator")
    return written.get("propertyName") if isinstance(written, dict) else written


def _tag_effects(before: Schema, after: Schema) -> Iterator[Effect]:
    """Compare the schemas that the values of the discriminator select."""
    old, new = _tags(before), _tags(after)
    if any(new[tag] != old[tag] for tag in old.keys() & new.keys()):
        message = " has other discriminator values for its branches"
        yield Effect("tags-changed", "discriminator", message, narrowed=True, widened=True)
    if lost := sorted(old.keys() - new.keys()):
        message = f" has no discriminator value {', '.join(lost)} any more"
        yield Effect("tags-changed", "discriminator", message, narrowed=True, widened=False)
    if more := sorted(new.keys() - old.keys()):
        message = f" has the discriminator value {', '.join(more)} now"
        yield Effect("tags-changed", "discriminator", message, narrowed=False, widened=True)


def _tags(schema: Schema) -> dict[str, str]:
    written = schema.get("discriminator")
    mapping = written.get("mapping") if isinstance(written, dict) else None
    return {tag: str(name).rpartition("/")[2] for tag, name in (mapping or {}).items()}


def _moved(keyword: str, old: object, new: object) -> str:
    if old is None:
        return f": {keyword} is {shown(new)} now"
    if new is None:
        return f": {keyword} {shown(old)} is gone"
    return f": {keyword} is {shown(new)}, was {shown(old)}"
