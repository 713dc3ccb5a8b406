"""Stock that is divided by SKU over several databases.

    commands of orders -> the first database: inbox, outbox        the answer
                              |
                              +-> part 0, part 1, ...: reservation and stock of its own SKUs

The transaction of a command is in the first database, as without division. Its handler changes each
part in a transaction of its own, and answers only what every part of the order has agreed to:

    reserve   every part reserves its lines; if one has too few, the others release theirs
    commit    every part sells its lines; if one cannot (expired), the others release theirs
    release   every part releases its lines

A crash leaves parts that disagree, and a command without an answer: it is delivered again, and its
handler does the rest. docs/decisions/0072 shows why nothing is sold twice, or kept.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from typing_extensions import override

from inventory.commands.commit_stock import Committed
from inventory.contract.events import send
from inventory.contract.sent import ReservationExpired
from inventory.division import combine, is_held, overall, split
from inventory.domain import Request, Reservation, Status
from inventory.part import Part
from inventory.stock import Stock
from waybill.postgres import Transaction

Result = TypeVar("Result")

_EXPIRING: Final = """
    select order_id from expiring_reservations order by order_id limit $1 for update skip locked
"""
_BEGIN_EXPIRY: Final = """
    insert into expiring_reservations (order_id)
    select order_id from unnest($1::uuid[]) as due (order_id)
    on conflict do nothing
"""
_END_EXPIRY: Final = "delete from expiring_reservations where order_id = any($1)"


class DividedStock(Stock):
    """The stock in several databases; the first one is that of the callers' transactions."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    @override
    async def reserve(
        self, tx: Transaction, requests: Sequence[Request], *, now: datetime, expires_at: datetime
    ) -> Mapping[UUID, Reservation]:
        by_part: dict[int, list[Request]] = {}
        for request in requests:
            for part, lines in split(request, len(self._parts)).items():
                by_part.setdefault(part, []).append(lines)
        decided = await _all(
            {at: self._parts[at].reserve(lines, now, expires_at) for at, lines in by_part.items()}
        )
        failed: dict[int, list[UUID]] = {}
        after: dict[UUID, Reservation] = {}
        for request in requests:
            order_id = request.order_id
            found = {at: each[order_id] for at, each in decided.items() if order_id in each}
            after[order_id] = combine(request, list(found.values()))
            if not is_held(each.status for each in found.values()):
                _add(failed, found, order_id)
        await self._release(failed, now)
        return after

    @override
    async def commit(
        self, tx: Transaction, order_ids: Sequence[UUID], *, now: datetime
    ) -> Mapping[UUID, Status]:
        by_part: dict[int, list[UUID]] = {}
        for order_id in dict.fromkeys(order_ids):
            _add(by_part, self._holders(order_id), order_id)
        committed = await _all(
            {at: self._parts[at].commit(ids, now) for at, ids in by_part.items()}
        )
        failed: dict[int, list[UUID]] = {}
        after: dict[UUID, Status] = {}
        for order_id in dict.fromkeys(order_ids):
            found = {at: each[order_id] for at, each in committed.items() if order_id in each}
            status = _committed(found.values())
            if status is not None:
                after[order_id] = status
            if status != "committed":
                _add(failed, found, order_id)
        await self._release(failed, now)
        return after

    @override
    async def release(self, tx: Transaction, order_ids: Sequence[UUID], *, now: datetime) -> None:
        ids = list(dict.fromkeys(order_ids))
        every = range(len(self._parts))
        found = await self._release(dict.fromkeys(every, ids), now)
        late: dict[int, list[UUID]] = {}
        for order_id in ids:
            having = {at: each[order_id] for at, each in found.items() if order_id in each}
            expected = max((each.parts or 1 for each in having.values()), default=None)
            if expected is None or len(having) < expected:
                _add(late, (at for at in every if at not in having), order_id)
        await _all({at: self._parts[at].refuse_later(ids, now) for at, ids in late.items()})

    @override
    async def expire_due(self, tx: Transaction, now: datetime, limit: int) -> int:
        order_ids = [row["order_id"] for row in await tx.fetch(_EXPIRING, limit)]
        if not order_ids:
            return await self._begin_expiry(tx, now, limit)
        expired = await _all(
            {at: part.expire(order_ids, now) for at, part in enumerate(self._parts)}
        )
        for order_id in order_ids:
            if any(order_id in each for each in expired.values()):
                send(tx, ReservationExpired(order_id=order_id))
        await tx.execute(_END_EXPIRY, order_ids)
        return len(order_ids)

    async def _begin_expiry(self, tx: Transaction, now: datetime, limit: int) -> int:
        """Record which orders expire: a crash must not lose the event after units were released."""
        due = await _all({at: part.due(now, limit) for at, part in enumerate(self._parts)})
        order_ids = list(dict.fromkeys(order_id for each in due.values() for order_id in each))
        if not order_ids:
            return 0
        tag = await tx.execute(_BEGIN_EXPIRY, order_ids)
        return int(tag.rpartition(" ")[2])

    async def _release(
        self, order_ids: Mapping[int, Sequence[UUID]], now: datetime
    ) -> Mapping[int, Mapping[UUID, Reservation]]:
        """Release orders in the given parts; return what they had there."""
        return await _all({at: self._parts[at].release(ids, now) for at, ids in order_ids.items()})

    def _holders(self, order_id: UUID) -> Iterable[int]:
        """Return the parts that have an order, or all parts when it is not known."""
        known = {
            at: lines
            for at, part in enumerate(self._parts)
            if (lines := part.find_granted(order_id)) is not None
        }
        is_complete = all(len(known) == lines.parts for lines in known.values())
        return known if known and is_complete else range(len(self._parts))


def _committed(found: Iterable[Committed]) -> Status | None:
    """Return what became of an order: committed only if all of its parts are there and are."""
    parts = list(found)
    status = overall(each.status for each in parts)
    is_whole = all(len(parts) == (each.parts or 1) for each in parts)
    return status if is_whole or status != "committed" else None


def _add(to: dict[int, list[UUID]], parts: Iterable[int], order_id: UUID) -> None:
    for part in parts:
        to.setdefault(part, []).append(order_id)


async def _all(work: Mapping[int, Awaitable[Result]]) -> dict[int, Result]:
    """Do the work in all parts at once, and return when none is left; raise the first error."""
    results: list[Any] = await asyncio.gather(*work.values(), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return dict(zip(work, results, strict=True))
