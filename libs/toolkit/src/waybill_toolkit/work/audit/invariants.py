"""The one list of what the audit checks."""

from typing import Final

from waybill_toolkit.work.audit.events import EVENTS
from waybill_toolkit.work.audit.invariant import Invariant
from waybill_toolkit.work.audit.inventory import INVENTORY
from waybill_toolkit.work.audit.orders import ORDERS
from waybill_toolkit.work.audit.payments import PAYMENTS
from waybill_toolkit.work.audit.together import TOGETHER_ALL

INVARIANTS: Final[tuple[Invariant, ...]] = (
    *ORDERS,
    *INVENTORY,
    *PAYMENTS,
    *TOGETHER_ALL,
    *EVENTS,
)
