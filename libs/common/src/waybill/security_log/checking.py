"""Finds what was changed in the security log: by its chain, and by its signed heads."""

from collections.abc import Iterable
from typing import Final

from waybill.postgres import Connection
from waybill.security_log.chain import CANONICAL
from waybill.security_log.heads import Head

BREAKS: Final = f"""
    SELECT number, position, at, actor, action,
        CASE
            WHEN number > number_before + 1 THEN 'the entries before it were removed'
            WHEN hash <> sha256(prev || convert_to(canonical, 'UTF8')) THEN 'it was changed'
            ELSE 'it does not follow the entry before it: entries were swapped or removed'
        END AS fault
    FROM (
        SELECT number, position, at, actor, action, prev, hash, {CANONICAL} AS canonical,
            lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY number) AS hash_before,
            lag(number, 1, 0::bigint) OVER (ORDER BY number) AS number_before
        FROM security_log WHERE number IS NOT NULL
    ) AS entry
    WHERE number <> number_before + 1 OR prev <> hash_before
        OR hash <> sha256(prev || convert_to(canonical, 'UTF8'))
    ORDER BY number
"""  # noqa: S608 - constant texts
"""The entries at which the chain is broken; the first one names what was done."""

_AT: Final = "SELECT number, hash FROM security_log WHERE number = ANY ($1::bigint[])"
_END: Final = "SELECT coalesce(max(number), 0) FROM security_log"


async def check_heads(connection: Connection, heads: Iterable[Head]) -> str | None:
    """Compare the log of a service with its heads; returns the first difference, or None."""
    signed = {head.number: head for head in heads}
    rows = await connection.fetch(_AT, list(signed))
    found = {row["number"]: row["hash"].hex() for row in rows}
    end: int = await connection.fetchval(_END)
    for number, head in sorted(signed.items()):
        if number > end:
            return (
                f"entries {end + 1} to {max(signed)} are cut off from the end: "
                f"a head of {head.at} has entry {number}"
            )
        if found.get(number) != head.hash:
            return f"entry {number} is another one than at {head.at}: the log was written again"
    return None
