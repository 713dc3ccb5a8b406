"""Faults of processes, and of the links between them."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Final

import httpx
from tests.alerts.scene import REPLICATED, Broken, Scene, running

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.fault_proxies import Link
from waybill_toolkit.lab.chaos.load import Stopwatch
from waybill_toolkit.lab.chaos.process_faults import ProcessFaults
from waybill_toolkit.lab.chaos.schedule import Fault, Kind
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.processes import Program
from waybill_toolkit.platform.service_variables import environment_of

_LONG_SECONDS: Final = 120.0
"""Longer than an alert takes to fire; the end of the block ends the fault before."""


def frozen(process: str) -> Broken:
    """Stop a process with SIGSTOP."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        faults = ProcessFaults(scene.faulty, Stopwatch())
        fault = Event(Fault(0, 0.0, Kind.FREEZE, process, _LONG_SECONDS), 0.0)
        async with running(faults.freeze(fault)):
            yield

    return broken


@asynccontextmanager
async def replica_killed(scene: Scene) -> AsyncIterator[None]:
    """Kill a second replica of a service each time that it is ready. The first one goes on."""
    plan = scene.faulty.plan
    own = replace(plan.service(REPLICATED), port=scene.replica_port)
    program = Program(
        [sys.executable, "-m", own.name],
        log=DataFolder(plan.data).log(f"{own.name}-replica"),
        death_signal=signal.SIGKILL,
        environment=environment_of(plan, own),
    )

    async def crash() -> None:
        async with httpx.AsyncClient() as client:
            while True:
                process = program.spawn()
                try:
                    while not await _is_ready(client, own.address):
                        await asyncio.sleep(0.1)
                    await asyncio.sleep(2)  # the pace of the fault: one scrape sees each start
                finally:
                    process.kill()
                    process.wait()

    async with running(crash()):
        yield


async def _is_ready(client: httpx.AsyncClient, address: str) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get(f"{address}/health/ready")).is_success
    return False


def cut(client: str, server: str) -> Broken:
    """Hold all bytes of a link."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        state = scene.faulty.fault_proxies.state(Link(client, server))
        state.clear.clear()
        try:
            yield
        finally:
            state.clear.set()

    return broken


def delayed(client: str, server: str, seconds: float) -> Broken:
    """Delay the bytes of a link."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        state = scene.faulty.fault_proxies.state(Link(client, server))
        state.delay_seconds = seconds
        try:
            yield
        finally:
            state.delay_seconds = 0.0

    return broken


def without_permission(reader: str, owner: str) -> Broken:
    """Take the permission to read the topics of another service away from a user of the broker."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        # The broker reads it at each login; the platform has a copy of its own.
        contract = scene.faulty.plan.service(reader).event_contract
        permitted = contract.read_bytes()
        contract.write_text(json.dumps(_without_topics_of(owner, json.loads(permitted))))
        scene.faulty.fault_proxies.reset(Link(reader, "broker"))
        try:
            yield
        finally:
            contract.write_bytes(permitted)

    return broken


def _without_topics_of(owner: str, contract: dict[str, Any]) -> dict[str, Any]:
    lost = {
        f"#/channels/{name}"
        for name, channel in contract["channels"].items()
        if channel["address"].startswith(f"{owner}.")
    }
    operations = contract["operations"].items()
    kept = {name: each for name, each in operations if each["channel"]["$ref"] not in lost}
    return {**contract, "operations": kept}


@asynccontextmanager
async def store_stopped(scene: Scene) -> AsyncIterator[None]:
    """Kill the store of rate limits."""
    scene.store.stop()
    try:
        yield
    finally:
        await scene.store.start()


def connections_held(service: str, count: int) -> Broken:
    """Open connections that send nothing, as clients without a pool do."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        port = scene.faulty.plan.service(service).port
        opened = [await asyncio.open_connection(LOOPBACK, port) for _ in range(count)]
        try:
            yield
        finally:
            for _, writer in opened:
                writer.close()

    return broken
