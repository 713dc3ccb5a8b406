"""One fault for each alert."""

from typing import Final

from tests.alerts.client_faults import (
    ids_of_others,
    paying_with,
    unreadable_batch,
    wrong_passwords,
)
from tests.alerts.database_faults import (
    captures_refused,
    changed,
    locked,
    postponed_payment,
    relay_locked_out,
)
from tests.alerts.process_faults import (
    connections_held,
    cut,
    delayed,
    frozen,
    replica_killed,
    store_stopped,
    without_permission,
)
from tests.alerts.scaled import SLOWER
from tests.alerts.scene import Broken

from waybill_toolkit.lab.chaos.schedule import BACKGROUND
from waybill_toolkit.platform.plan import GATEWAY

OPEN_FILES: Final = 1_024
"""Of each process of the platform. A service gives half of them to clients."""
_HELD: Final = 480

FAULTS: Final[dict[str, Broken]] = {
    "WaybillServiceDown": frozen("payments"),
    "WaybillReplicaRestarts": replica_killed,
    "WaybillBackgroundSilent": frozen(f"orders{BACKGROUND}"),
    "WaybillDatabaseUnreachable": cut("catalog", "postgres"),
    "WaybillBrokerUnreachable": cut("orders", "broker"),
    "WaybillRateLimitStoreUnreachable": store_stopped,
    "WaybillUpstreamUnreachable": cut(GATEWAY, "catalog"),
    "WaybillConsumerNotJoined": without_permission("orders", "catalog"),
    "WaybillConnectionPoolExhausted": locked("catalog", "variants"),
    "WaybillConnectionsExhausted": connections_held("identity", _HELD),
    "WaybillConsumerLagging": locked("inventory", "stock"),
    "WaybillOutboxNotPublished": relay_locked_out,
    "WaybillSagaWaits": postponed_payment,
    "WaybillDeadLetters": unreadable_batch,
    "WaybillProviderFails": paying_with("tok_timeout_then_approved"),
    "WaybillProviderRefuses": captures_refused,
    "WaybillTimerFails": changed(
        "catalog",
        "revoke select on security_log from catalog",
        "grant select on security_log to catalog",
    ),
    "WaybillGuessing": wrong_passwords,
    "WaybillOwnersProbed": ids_of_others,
    "WaybillBudgetReadsAnswered": changed(
        "catalog", "revoke select on variants from catalog", "grant select on variants to catalog"
    ),
    "WaybillBudgetWritesAnswered": changed(
        "orders", "revoke insert on orders from orders", "grant insert on orders to orders"
    ),
    "WaybillBudgetReadsQuick": delayed(GATEWAY, "catalog", 0.32 * SLOWER),
    "WaybillBudgetWritesQuick": delayed(GATEWAY, "orders", 0.55 * SLOWER),
    "WaybillBudgetOrdersSettled": paying_with("tok_slow"),
}
"""By alert, the fault that makes it fire, and nothing else."""
