"""The security log: its invariants in each database, and the heads that are kept elsewhere."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from waybill.postgres import connect
from waybill.security_log.checking import BREAKS, check_heads
from waybill.security_log.heads import ForgedHeadError, Head, HeadKey, read_heads
from waybill_toolkit.operations.audit.invariant import EVERY, Invariant

SECURITY_LOG: Final = (
    Invariant(
        name="security-log-is-unchanged",
        meaning="No entry of a security log was changed, removed or swapped with another one.",
        where=EVERY,
        sql=BREAKS,
    ),
    Invariant(
        name="security-log-is-chained",
        meaning="Every entry of a security log gets its number and its hash.",
        where=EVERY,
        sql="""
            select position, at, actor, action from security_log
            where number is null and greatest(at, pg_postmaster_start_time())
                < now() - current_setting('audit.grace')::interval
            order by position
        """,
    ),
)


def differences_from_heads(
    databases: Mapping[str, str], files: Sequence[Path], key: HeadKey
) -> list[str]:
    """Compare the security logs with their signed heads; returns what differs, by service.

    Raises OSError for a file, and the errors of `connect` for a database that cannot be read.
    """
    heads: dict[str, list[Head]] = {}
    found: list[str] = []
    for path in files:
        try:
            for head in read_heads(path, key):
                heads.setdefault(head.service, []).append(head)
        except ForgedHeadError as error:
            found.append(str(error))
    unknown = sorted(heads.keys() - databases.keys())
    found += [f"there are heads of {service}, which has no database here" for service in unknown]
    return [*found, *asyncio.run(_compare(databases, heads))]


async def _compare(databases: Mapping[str, str], heads: Mapping[str, list[Head]]) -> list[str]:
    found: list[str] = []
    for service in heads.keys() & databases.keys():
        async with connect(databases[service], name="waybill audit") as connection:
            difference = await check_heads(connection, heads[service])
        if difference is not None:
            found.append(f"{service}: {difference}")
    return sorted(found)
