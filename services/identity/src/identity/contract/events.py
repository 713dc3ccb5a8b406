"""The events of identity. Generated; never edited."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from waybill.events import Cause, Message, Received, Topic
from waybill.postgres import Transaction

from identity.contract import sent

Sent: TypeAlias = sent.RolesChanged | sent.SessionEnded | sent.UserErased | sent.UserRegistered
"""All that identity may send."""

_MESSAGES: Final[Mapping[type[Sent], Message[Any]]] = {
    sent.RolesChanged: Message(
        type="identity.roles-changed.v1",
        topic="identity.user-events.v1",
        key="user_id",
        model=sent.RolesChanged,
    ),
    sent.SessionEnded: Message(
        type="identity.session-ended.v1",
        topic="identity.user-events.v1",
        key="user_id",
        model=sent.SessionEnded,
    ),
    sent.UserErased: Message(
        type="identity.user-erased.v1",
        topic="identity.user-events.v1",
        key="user_id",
        model=sent.UserErased,
    ),
    sent.UserRegistered: Message(
        type="identity.user-registered.v1",
        topic="identity.user-events.v1",
        key="user_id",
        model=sent.UserRegistered,
    ),
}


def send(tx: Transaction, event: Sent, cause: Cause | None = None) -> None:
    """Send `event` when the transaction commits, and only then; per key in the order of sending.

    `cause` is what led to it, an event received or a call: its trace is carried on.
    """
    tx.send(_MESSAGES[type(event)], event, cause)


RECEIVED: Final[tuple[Received[Any], ...]] = ()
"""Which method of the event_handlers handles which message."""

TOPICS: Final[tuple[Topic, ...]] = (
    Topic(name="identity.user-events.v1", partitions=8, retention_hours=168),
)
"""The topics that identity owns."""
