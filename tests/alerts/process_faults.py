"""Faults of processes, and of the links between them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from tests.alerts.scene import Broken, Scene, running

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.fault_proxies import Link
from waybill_toolkit.lab.chaos.load import Stopwatch
from waybill_toolkit.lab.chaos.process_faults import ProcessFaults
from waybill_toolkit.lab.chaos.schedule import Fault, Kind
from waybill_toolkit.platform.ports import LOOPBACK

_LONG_SECONDS: Final = 120.0
"""Longer than an alert takes to fire; the end of the block ends the fault before."""
_STARTS: Final = 8


def frozen(process: str) -> Broken:
    """Stop a process with SIGSTOP."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        faults = ProcessFaults(scene.faulty, Stopwatch())
        fault = Event(Fault(0, 0.0, Kind.FREEZE, process, _LONG_SECONDS), 0.0)
        async with running(faults.freeze(fault)):
            yield

    return broken


def killed_repeatedly(service: str) -> Broken:
    """Kill a service each time that it is ready again."""

    async def kill(faults: ProcessFaults) -> None:
        for _ in range(_STARTS):
            await faults.end(Event(Fault(0, 0.0, Kind.KILL, service, 0.0), 0.0))
            await asyncio.sleep(2)  # the pace of the fault: one scrape sees each start

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        async with running(kill(ProcessFaults(scene.faulty, Stopwatch()))):
            yield

    return broken


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
