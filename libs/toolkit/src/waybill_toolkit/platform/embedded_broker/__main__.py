"""Run the broker: `python -m waybill_toolkit.platform.embedded_broker`.

Arguments: FOLDER HOST PORT ADVERTISED_PORT
"""

import asyncio
import gc
import signal
import sys
from functools import partial
from pathlib import Path

import uvloop

from waybill_toolkit.platform.embedded_broker.home import open_home, save_home
from waybill_toolkit.platform.embedded_broker.requests import Requests
from waybill_toolkit.platform.embedded_broker.wire import Connection


async def _serve(folder: Path, host: str, port: int, advertised_port: int) -> None:
    open_home(folder)
    loop = asyncio.get_running_loop()
    connection = partial(Connection, Requests(folder, host, advertised_port))
    server = await loop.create_server(connection, host, port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gc.freeze()
    await stop.wait()
    server.close()


if __name__ == "__main__":
    home = Path(sys.argv[1])
    uvloop.run(_serve(home, sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    save_home(home)
