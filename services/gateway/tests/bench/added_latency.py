"""Measures the latency that the gateway adds to a small read.

Run it with `python services/gateway/tests/bench/added_latency.py`. A service that returns 445 bytes
and a gateway in front of it run as separate processes; one client alternates between them, one
request at a time. It prints the median and the fastest round: on a busy machine the median is
mostly the wait for a processor.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, ClassVar, Final

import uvicorn
import uvloop
from pydantic import BaseModel, Field

import gateway
from waybill.http import Answer, Call, Operation, Parameter, mount
from waybill.http.access import OpenAccess
from waybill.http.application import Application
from waybill.scalars import UUID
from waybill_toolkit.operations.workload.wire import Origin
from waybill_toolkit.platform.ports import LOOPBACK, answers, free_port
from waybill_toolkit.testing.contract_check import Contract

ROUNDS: Final = 40
REQUESTS: Final = 100
PATH: Final = "/v1/orders/019a9f6e-0000-7000-8000-000000000001"
SERVE: Final = "serve"
CONTRACT: Final = Path(gateway.__file__).with_name("contract") / "openapi.json"


class Order(BaseModel):
    order_id: Annotated[str, Field(max_length=64)]
    note: str


@dataclass(frozen=True, slots=True)
class Order200(Answer):
    status: ClassVar[int] = 200
    body: Order


class Api:
    async def get_order(self, _call: Call, order_id: UUID) -> Order200:
        return Order200(body=Order(order_id=str(order_id), note="n" * 384))


OPERATION: Final = Operation(
    id="get_order",
    method="GET",
    path="/v1/orders/{order_id}",
    answers=(Order200,),
    parameters=(
        Parameter(name="order_id", place="path", argument="order_id", type=UUID, required=True),
    ),
)


def serve(port: int) -> None:
    """Run the service."""
    app = Application("orders")
    mount(app.router, Api(), [OPERATION], OpenAccess())
    uvicorn.run(
        app,
        host=LOOPBACK,
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
    )


@contextmanager
def running(port: int, *command: str, **environment: str) -> Iterator[int]:
    """Run a Python process that listens on `port`; return its pid."""
    with subprocess.Popen(
        [sys.executable, *command], env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    ) as child:
        while not answers(port):
            time.sleep(0.05)
        try:
            yield child.pid
        finally:
            child.terminate()


async def compare(service: Origin, door: Origin) -> tuple[list[float], list[float]]:
    """Send requests to both in turn; return milliseconds."""
    direct, through = [], []
    for _ in range(REQUESTS):
        direct.append(await _ask(service))
        through.append(await _ask(door))
    return direct, through


async def _ask(origin: Origin) -> float:
    begin = time.perf_counter()
    response = await origin.request("GET", PATH, {"accept": "application/json"})
    took = time.perf_counter() - begin
    if response.status != 200 or len(response.body) != 445:
        raise RuntimeError(f"unexpected response: {response}")
    return took * 1e3


def processor_ms(pid: int) -> float:
    """Return the processor time of a process."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e6


async def measure(service_port: int, door_port: int, door_pid: int) -> None:
    service, door = Origin(LOOPBACK, service_port), Origin(LOOPBACK, door_port)
    await compare(service, door)  # warms up
    before = processor_ms(door_pid)
    rounds = [await compare(service, door) for _ in range(ROUNDS)]
    spent = (processor_ms(door_pid) - before) / (ROUNDS * REQUESTS)
    medians = sorted(
        (median(through) - median(direct), median(direct)) for direct, through in rounds
    )
    _say("fastest round", medians[0])
    _say("median round", medians[len(medians) // 2])
    sys.stdout.write(f"processor time of the gateway: {spent:.2f} ms a request\n")


def _say(what: str, medians: Sequence[float]) -> None:
    added, direct = medians
    sys.stdout.write(
        f"{what}: {direct:.2f} ms directly, {direct + added:.2f} ms through the gateway, "
        f"{added:.2f} ms added (medians of {REQUESTS})\n"
    )


def main() -> None:
    service, door = free_port(), free_port()
    names = {each.written["x-service"] for each in Contract.load(CONTRACT).operations}
    settings = {
        "WAYBILL_PORT": str(door),
        "WAYBILL_ACCESS": "open",
        "WAYBILL_UPSTREAMS": json.dumps(dict.fromkeys(names, f"http://{LOOPBACK}:{service}")),
    }
    with (
        running(service, __file__, SERVE, str(service)),
        running(door, "-m", "gateway", **settings) as pid,
    ):
        uvloop.run(measure(service, door, pid))


if __name__ == "__main__":
    if sys.argv[1:2] == [SERVE]:
        serve(int(sys.argv[2]))
    else:
        main()
