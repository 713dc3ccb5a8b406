"""The topics of a history."""

from typing import Final

import inventory.contract.events
import orders.contract.events
import payments.contract.events
from waybill.events import Topic

CATALOG_TOPICS: Final = [
    Topic(each.message.topic, 1, 1)
    for each in orders.contract.events.RECEIVED
    if each.message.topic.startswith("catalog")
]
"""What the catalogue, which is not here, would have made."""

TOPICS: Final = (
    *orders.contract.events.TOPICS,
    *inventory.contract.events.TOPICS,
    *payments.contract.events.TOPICS,
)
"""Those of the services that are simulated."""
