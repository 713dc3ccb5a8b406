"""Planted bugs of stock in several databases."""

from functools import partial
from typing import Final

from waybill_simulation.planting import Edit, Mutant, PlayName

_mutant: Final = partial(Mutant, play=PlayName.DIVIDED_STOCK)

DIVIDED_STOCK: Final = (
    _mutant(
        "part-sold-alone",
        "an order is reserved and sold although one of its databases has refused it",
        Edit(
            "inventory.division",
            """
            _HELD: Final = frozenset({"reserved", "committed"})
            _WORST_FIRST: Final[Sequence[Status]] = (
            """,
            """
            _HELD: Final = frozenset({"reserved", "committed", "refused"})
            _WORST_FIRST: Final[Sequence[Status]] = (
                "committed",
            """,
        ),
    ),
    _mutant(
        "part-kept-after-refusal",
        "an order is refused by one database, and another one keeps its units reserved",
        Edit(
            "inventory.divided_stock",
            """
            if not is_held(each.status for each in found.values()):
                _add(failed, found, order_id)
            """,
            "",
        ),
    ),
    _mutant(
        "part-not-released",
        "a release reaches the first database only",
        Edit(
            "inventory.divided_stock",
            "found = await self._release(dict.fromkeys(every, ids), now)",
            """
            found = await self._release({0: ids}, now)
            found = dict.fromkeys(every, found[0])
            """,
        ),
    ),
    _mutant(
        "expiry-not-recorded",
        "a crash after units were released loses the event of the expiry",
        Edit(
            "inventory.divided_stock",
            """
            tag = await tx.execute(_BEGIN_EXPIRY, order_ids)
            return int(tag.rpartition(" ")[2])
            """,
            """
            for part in self._parts:
                await part.expire(order_ids, now)
            for order_id in order_ids:
                send(tx, ReservationExpired(order_id=order_id))
            return len(order_ids)
            """,
        ),
    ),
)
