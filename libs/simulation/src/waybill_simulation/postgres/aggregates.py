"""Aggregate functions, and where the results of a group are kept."""

from typing import Any, Final

AGGREGATES: Final = frozenset({"sum", "min", "max", "count", "array_agg", "bool_and", "bool_or"})
GROUP: Final = "group"


def group_row(values: list[Any]) -> dict[str, Any]:
    """Make the last entry of an environment, from which aggregates are read."""
    return {GROUP: values}


def aggregated(name: str, values: list[Any]) -> Any:  # noqa: ANN401, PLR0911 (one line for each)
    match name:
        case "count":
            return len(values)
        case "array_agg":
            return values or None
        case _ if not values:
            return None
        case "sum":
            return sum(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "bool_and":
            return all(values)
        case _:
            return any(values)
