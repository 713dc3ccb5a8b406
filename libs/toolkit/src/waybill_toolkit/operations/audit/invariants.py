"""The list of all invariants."""

from typing import Final

from waybill_toolkit.operations.audit.events import EVENTS
from waybill_toolkit.operations.audit.identity import IDENTITY
from waybill_toolkit.operations.audit.invariant import Invariant
from waybill_toolkit.operations.audit.inventory import INVENTORY
from waybill_toolkit.operations.audit.orders import ORDERS
from waybill_toolkit.operations.audit.payments import PAYMENTS
from waybill_toolkit.operations.audit.security_log import SECURITY_LOG
from waybill_toolkit.operations.audit.together import TOGETHER_ALL

INVARIANTS: Final[tuple[Invariant, ...]] = (
    *ORDERS,
    *INVENTORY,
    *PAYMENTS,
    *IDENTITY,
    *TOGETHER_ALL,
    *EVENTS,
    *SECURITY_LOG,
)
