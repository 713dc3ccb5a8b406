"""The way into the cluster over https, which an Ingress controller is elsewhere.

It ends TLS at an address of the machine and connects to a Service, which it looks for as long as
there is none.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tests.cluster.clients import CommandFailedError
from tests.cluster.threads import in_a_thread

from waybill.tls import server_context
from waybill_toolkit.testing.certificates import Issued
from waybill_toolkit.testing.tls_front import Place, tls_front

PORT: Final = 443


@contextmanager
def https_front(address: str, issued: Issued, service: Callable[[], Place]) -> Iterator[None]:
    """Forward to a Service until the end of the block.

    `service` returns its address, and raises CommandFailedError while there is none.
    """
    known: list[Place] = []

    def look() -> Place:
        try:
            return service()
        except CommandFailedError as error:
            raise ConnectionError(str(error)) from None

    async def place() -> Place:
        if not known:
            known.append(await asyncio.to_thread(look))
        return known[0]

    context = server_context(issued.certificate, issued.key)
    with in_a_thread(tls_front(context, place, host=address, port=PORT)):
        yield
