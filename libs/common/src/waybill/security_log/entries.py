"""Writes entries of the security log."""

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from waybill.postgres import Transaction
from waybill.postgres.rows import Rows

Detail: TypeAlias = Mapping[str, str | int | bool | None]

TEXT_LENGTH_MAX: Final = 500
"""Characters of a target and of each value of the detail: an entry is a few kilobytes at most."""

_ACTION: Final = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*", re.ASCII)
_SECRET_NAME: Final = re.compile(
    r"(?i)(password|passwd|secret|token|authorization|cookie|credential|api[_-]?key)(?!_id)"
)


class _Entry(NamedTuple):
    actor: str
    action: str
    target: str | None
    detail: str


_ADD: Final = Rows(_Entry).insert("security_log")


async def record(
    tx: Transaction,
    action: str,
    *,
    target: str | None = None,
    detail: Detail | None = None,
    actor: str | None = None,
) -> None:
    """Write an entry: it is there if, and only if, the transaction of the act commits.

    `action` is `subject.verb`, such as `session.ended`; `target` is the id of what it was done to.
    Without `actor` it is the actor of the transaction, such as the caller of the request. `detail`
    must have no secret and no personal data. It costs no round trip of its own.

    Raises ValueError for a malformed action, an unknown actor, and a detail named like a secret.
    """
    actor = actor or tx.actor
    if actor is None:
        raise ValueError(f"{action}: give the actor, as the transaction has several")
    if not _ACTION.fullmatch(action):
        raise ValueError(f"{action!r} is no action: write it as subject.verb, such as user.added")
    detail = detail or {}
    if secrets := [name for name in detail if _SECRET_NAME.search(name)]:
        raise ValueError(f"{action}: the security log keeps no secret: {', '.join(secrets)}")
    text = json.dumps({name: _cleaned(value) for name, value in detail.items()}, sort_keys=True)
    entry = _Entry(actor, action, None if target is None else _plain(target), text)
    await tx.enqueue(*_ADD.bind([entry]))


def _cleaned(value: str | int | bool | None) -> str | int | bool | None:  # noqa: FBT001 - a value
    return _plain(value) if isinstance(value, str) else value


def _plain(foreign: str) -> str:
    """Remove what a PostgreSQL text cannot hold, and cut."""
    return foreign.replace("\0", "").encode("utf-8", "replace").decode()[:TEXT_LENGTH_MAX]
