"""A link to the broker that breaks in the middle of a question."""

from typing import NoReturn

import pytest

from waybill.kafka.errors import BrokerUnavailableError
from waybill.kafka.link import BrokerLink
from waybill.kafka.nodes import Nodes


class ResetConnection:
    """A connection that was reset, and does not know yet: uvloop refuses to write to it."""

    def connected(self) -> bool:
        return True

    async def send(self, _request: object) -> NoReturn:
        raise RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed")

    def close(self) -> None:
        pass


async def test_link_is_broken_when_its_connection_was_reset_a_moment_ago() -> None:
    link = BrokerLink(Nodes({0: ResetConnection()}))

    with pytest.raises(BrokerUnavailableError):
        await link.prove()
