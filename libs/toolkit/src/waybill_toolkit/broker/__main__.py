"""Run the broker: `python -m waybill_toolkit.broker HOST PORT ADVERTISED_PORT`."""

import asyncio
import gc
import sys

import uvloop

from waybill_toolkit.broker.requests import Requests
from waybill_toolkit.broker.wire import Connections


async def _serve(host: str, port: int, advertised_port: int) -> None:
    connections = Connections(Requests(host, advertised_port))
    server = await asyncio.start_server(connections.serve, host, port)
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
