"""Run the broker: `python -m waybill_toolkit.broker HOST PORT ADVERTISED_PORT`."""

import asyncio
import gc
import sys

import uvloop

from waybill_toolkit.broker.server import Broker
from waybill_toolkit.broker.wire import Connections


async def _serve(host: str, port: int, advertised_port: int) -> None:
    server = await asyncio.start_server(Connections(Broker(host, advertised_port)), host, port, limit=2**22)
    gc.freeze()
    async with server:
        await server.serve_forever()


uvloop.run(_serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
