"""The functions and operators of SQL, called with values that are not NULL.

The first argument is the run of the statement.
"""

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

from waybill_simulation.postgres.not_simulated import NotSimulatedError

Function: TypeAlias = Callable[..., Any]

_OTHER_IN_POSIX: Final = re.compile(r"\(\?|\*\*\*|\[[:.=]|\\[^.\\^$*+?(){}\[\]|/-]|\$(?!$)")
"""Constructs of regular expressions that differ between PostgreSQL and Python."""


def _divided(one: Any, other: Any) -> Any:  # noqa: ANN401 (any number)
    if type(one) is not int or type(other) is not int:
        raise NotSimulatedError("the division of numbers that are not integers", "/")
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


@lru_cache(256)
def _regular(pattern: str, *, ignores_case: bool) -> "re.Pattern[str]":
    if _OTHER_IN_POSIX.search(pattern):
        raise NotSimulatedError(f"the regular expression {pattern!r}", pattern)
    whole = re.sub(r"\$$", r"\\Z", pattern)
    return re.compile(whole, re.DOTALL | (re.IGNORECASE if ignores_case else 0))


@lru_cache(256)
def _like(pattern: str, *, ignores_case: bool) -> "re.Pattern[str]":
    if "\\" in pattern:
        raise NotSimulatedError(f"the escape in LIKE {pattern!r}", pattern)
    parts = (".*" if each == "%" else "." if each == "_" else re.escape(each) for each in pattern)
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignores_case else 0))


OPERATORS: Final[dict[str, Function]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "||": operator.add,
    "~": lambda text, by: _regular(by, ignores_case=False).search(text) is not None,
    "!~": lambda text, by: _regular(by, ignores_case=False).search(text) is None,
    "~*": lambda text, by: _regular(by, ignores_case=True).search(text) is not None,
    "~~": lambda text, by: _like(by, ignores_case=False).fullmatch(text) is not None,
    "!~~": lambda text, by: _like(by, ignores_case=False).fullmatch(text) is None,
    "~~*": lambda text, by: _like(by, ignores_case=True).fullmatch(text) is not None,
    "!~~*": lambda text, by: _like(by, ignores_case=True).fullmatch(text) is None,
}


def _strict(function: Function) -> Function:
    def of_values(_: Any, *values: Any) -> Any:  # noqa: ANN401 (any value)
        return None if None in values else function(*values)

    return of_values


def _try_session(run: Any, *key: object) -> bool:  # noqa: ANN401 (see Run)
    taken: bool = run.session.try_lock_advisory(key, None)
    return taken


def _try_transaction(run: Any, *key: object) -> bool:  # noqa: ANN401 (see Run)
    taken: bool = run.session.try_lock_advisory(key, run.work)
    return taken


def _notify(run: Any, channel: str, _: str) -> str:  # noqa: ANN401 (see Run)
    run.session.notify(channel)
    return ""


def _nulls(_: object, *values: object) -> int:
    return sum(value is None for value in values)


FUNCTIONS: Final[dict[str, Function]] = {
    "now": lambda run: run.session.now(),
    "pg_current_xact_id": lambda run: run.session.transaction_id(run.work),
    # A snapshot is represented by its xmin: no other part is used.
    "pg_current_snapshot": lambda run: run.session.oldest_transaction_id(),
    "pg_snapshot_xmin": _strict(lambda snapshot: snapshot),
    "pg_try_advisory_lock": _try_session,
    "pg_try_advisory_xact_lock": _try_transaction,
    "pg_notify": _notify,
    "string_to_array": _strict(lambda text, by: text.split(by) if text else []),
    "length": _strict(len),
    "char_length": _strict(len),
    "octet_length": _strict(lambda value: len(value.encode() if type(value) is str else value)),
    "cardinality": _strict(len),
    "lower": _strict(str.lower),
    "upper": _strict(str.upper),
    "btrim": _strict(lambda text, letters=" ": text.strip(letters)),
    "abs": _strict(abs),
    "num_nulls": _nulls,
    "num_nonnulls": lambda run, *values: len(values) - _nulls(run, *values),
    "least": lambda _, *values: min((v for v in values if v is not None), default=None),
    "greatest": lambda _, *values: max((v for v in values if v is not None), default=None),
}
