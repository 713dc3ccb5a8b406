"""Run the broker: `python -m waybill_toolkit.platform.embedded_broker`.

Arguments: FOLDER HOST PORT ADVERTISED_PORT USERS, where USERS is a file with users and their
permissions (see `users`), or `--without-users`: then everybody may do everything.
"""

import asyncio
import gc
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvloop

from waybill_toolkit.platform.embedded_broker.connections import (
    BACKLOG,
    Connections,
    allow_many_files,
)
from waybill_toolkit.platform.embedded_broker.home import open_home, save_home
from waybill_toolkit.platform.embedded_broker.requests import Requests
from waybill_toolkit.platform.embedded_broker.segments import DamagedFileError
from waybill_toolkit.platform.embedded_broker.unfinished import Unfinished
from waybill_toolkit.platform.embedded_broker.users import WITHOUT_USERS, Users
from waybill_toolkit.platform.embedded_broker.wire import Connection

EXIT_DAMAGED: Final = 4
_OPEN_FILES: Final = Path("/proc/self/fd")


async def _serve(
    folder: Path, host: str, port: int, advertised_port: int, users: Users | None
) -> None:
    open_home(folder)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_end_if_damaged)
    requests = Requests(folder, host, advertised_port, users)
    connections = Connections(allow_many_files(sum(1 for _ in _OPEN_FILES.iterdir())))
    connection = partial(Connection, requests, Unfinished(), connections)
    server = await loop.create_server(connection, host, port, backlog=BACKLOG)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gc.freeze()
    await stop.wait()
    server.close()


def _end_if_damaged(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """End the process when a file is damaged; the supervisor starts it again.

    This breaks every connection: clients compare the ids of topics before they use a new one. A
    client that stays connected would read the topic that is created again at an offset of the old
    one.
    """
    if isinstance(context.get("exception"), DamagedFileError):
        os._exit(EXIT_DAMAGED)
    loop.default_exception_handler(context)


if __name__ == "__main__":
    home = Path(sys.argv[1])
    known = None if sys.argv[5] == WITHOUT_USERS else Users.read(Path(sys.argv[5]))
    uvloop.run(_serve(home, sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), known))
    save_home(home)
