"""What a schema is used for decides which of its changes break somebody.

A request is written by callers that know the contract of yesterday, and read by the service of
today: it may accept more, never less. An answer is the other way round: it may say less in each
field, never more. An event is both at once. It is kept, in topics and in outboxes, so today's
receivers read what yesterday's senders wrote; and services are replaced one after the other, so
yesterday's receivers read what today's senders write. It may accept neither less nor more.

Fields that are new are no such "more": clients and receivers ignore what they do not know.
"""

from enum import Enum


class Use(Enum):
    """Which way values of a schema travel."""

    REQUEST = "request"
    ANSWER = "answer"
    EVENT = "event"

    def breaks(self, *, narrowed: bool, widened: bool) -> bool:
        """Tell whether it breaks somebody that fewer, or more, values are accepted than before."""
        read_by_us = self in (Use.REQUEST, Use.EVENT)
        read_by_others = self in (Use.ANSWER, Use.EVENT)
        return (narrowed and read_by_us) or (widened and read_by_others)
