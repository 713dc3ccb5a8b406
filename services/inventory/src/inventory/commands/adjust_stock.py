"""Add units to the stock of a SKU, or remove units."""

from datetime import datetime

from inventory.contract.models import AdjustStockReason
from inventory.contract.problems import StockBelowZero
from inventory.domain import StockLevel
from inventory.queries import find_stock
from inventory.store import change_on_hand
from waybill.ids import uuid7
from waybill.postgres import Transaction


async def adjust_stock(
    tx: Transaction, sku: str, delta: int, reason: AdjustStockReason, *, now: datetime
) -> StockLevel | StockBelowZero:
    """Return the new level. The first adjustment of a SKU creates its stock."""
    level = await change_on_hand(tx, sku, delta, adjustment_id=uuid7(), reason=reason, now=now)
    if level is not None:
        return level
    found = await find_stock(tx, sku)
    on_hand = found.on_hand if found else 0
    return StockBelowZero(
        detail=f"Cannot remove {-delta} units of {sku}: {on_hand} are on hand.",
        on_hand=on_hand,
    )
