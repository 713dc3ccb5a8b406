"""The use of a schema decides which of its changes are breaking.

A request is written by clients that know the old contract and read by the new service: it may
accept more, never less. A response is the opposite: a field may have fewer values, never more. An
event is both. It is kept in topics and outboxes, so new receivers read the events of old senders.
Services are deployed one by one, so old receivers read the events of new senders. It may accept
neither less nor more.

New fields do not count as "more": clients and receivers ignore unknown fields.
"""

from enum import Enum


class Use(Enum):
    """The direction in which values of a schema are sent."""

    REQUEST = "request"
    ANSWER = "answer"
    EVENT = "event"

    def breaks(self, *, narrowed: bool, widened: bool) -> bool:
        """Return whether accepting fewer or more values than before is breaking."""
        read_by_us = self in (Use.REQUEST, Use.EVENT)
        read_by_others = self in (Use.ANSWER, Use.EVENT)
        return (narrowed and read_by_us) or (widened and read_by_others)
