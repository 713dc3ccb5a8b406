"""Amounts of money: whole numbers of the smallest unit of a currency. Nothing here is a float.

price = Money(18_600, "KWD")      # 18.600 KWD
price * 3                         # 55.800 KWD
split(200, (500, 500, 500))       # (67, 67, 66)
successive(10_000, 1, 1, 3)       # 3334, the second of three equal parts
"""

from waybill.money.amount import Money
from waybill.money.currencies import (
    AMOUNT_MAX,
    UnknownCurrencyError,
    digits_of,
    is_currency,
    price_max,
    total_max,
)
from waybill.money.splitting import share, split, successive

__all__ = [
    "AMOUNT_MAX",
    "Money",
    "UnknownCurrencyError",
    "digits_of",
    "is_currency",
    "price_max",
    "share",
    "split",
    "successive",
    "total_max",
]
