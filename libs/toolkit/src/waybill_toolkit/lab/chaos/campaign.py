"""One campaign: orders and faults; then all faults are healed and the result is checked."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.lab.chaos.faults import Faults
from waybill_toolkit.lab.chaos.faulty_platform import FaultyPlatform
from waybill_toolkit.lab.chaos.load import Load
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.schedule import GAP_SECONDS, Fault, draw
from waybill_toolkit.lab.chaos.separate_process import read_books_in_process
from waybill_toolkit.lab.chaos.shop import open_shop
from waybill_toolkit.lab.chaos.system import SETTLE_SECONDS
from waybill_toolkit.lab.chaos.verdict import compare
from waybill_toolkit.lab.chaos.view import FRAME_SECONDS, Scene, View
from waybill_toolkit.operations.workload.client import Client
from waybill_toolkit.operations.workload.seeding import seed as seed_shop
from waybill_toolkit.operations.workload.tokens import tokens_of
from waybill_toolkit.platform.plan import GATEWAY

RATE_MAX: Final = 80.0
"""Orders a second: what two cores process with the proxies, with a reserve to catch up."""
SECONDS_MIN: Final = 78.0
"""Duration of the load: enough for every kind of fault once, at the default gap."""

_READY_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class CampaignOptions:
    """The options of a campaign."""

    seed: int
    orders: int
    seconds: float
    """Duration of load and faults."""
    gap_seconds: float = GAP_SECONDS
    """Average time between the starts of two faults."""
    faults: Sequence[Fault] | None = None
    """None: drawn from the seed."""
    settle_seconds: float = SETTLE_SECONDS
    """Timeout for the system to become idle after all faults are healed."""

    @classmethod
    def of(cls, seed: int, orders: int, gap_seconds: float = GAP_SECONDS) -> "CampaignOptions":
        """Return options with enough time for every kind of fault and for the orders."""
        seconds = max(SECONDS_MIN * gap_seconds / GAP_SECONDS, orders / RATE_MAX)
        return cls(seed, orders, seconds, gap_seconds)

    @property
    def rate(self) -> float:
        return self.orders / self.seconds


async def run_campaign(faulty: FaultyPlatform, options: CampaignOptions, view: View) -> Result:
    """Run a campaign.

    Raises ServiceError when the platform does not work before the first fault, PlatformError when
    the databases cannot be read after all faults are healed.
    """
    seed, run = options.seed, secrets.token_hex(3).upper()
    shop = open_shop(seed, options.orders, run)
    clients = _clients(faulty, options)
    try:
        await seed_shop(clients[0], shop.variants, shop.units)
        load = Load(clients, shop.orders, options.rate, seed)
        scene = Scene(load, Faults(faulty, load, seed), faulty)
        is_ready = await _break_and_heal(scene, options, view)
        view.say("Reading the databases ...")
        async with scene.faults.discarding():
            books = await read_books_in_process(
                faulty.platform, f"chaos-{run}-%", options.settle_seconds
            )
    finally:
        for client in clients:
            client.close()
    return Result(
        seed=seed,
        seconds=load.now(),
        attempts=load.attempts,
        events=scene.faults.events,
        server_errors=load.server_errors,
        violations=compare(list(load.histories.values()), books.orders),
        books=books,
        is_ready=is_ready,
    )


def _clients(faulty: FaultyPlatform, options: CampaignOptions) -> list[Client]:
    patience = options.seconds + options.settle_seconds
    gateway = faulty.address(GATEWAY)
    catalog, inventory, orders = map(faulty.address, ("catalog", "inventory", "orders"))
    tokens = tokens_of(faulty.platform)
    return [
        Client(catalog, inventory, orders, patience, tokens),
        Client(gateway, gateway, gateway, patience, tokens),
    ]


async def _break_and_heal(scene: Scene, options: CampaignOptions, view: View) -> bool:
    """Run load and faults to their end; return whether every process is ready afterwards."""
    faulty = scene.faulty
    faults = options.faults
    if faults is None:
        faults = draw(options.seed, options.seconds, faulty.targets, options.gap_seconds)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(scene, view))
        loading = group.create_task(scene.load.run())
        await _inject_all(scene, faults)
        faulty.fault_proxies.heal()
        is_ready = await faulty.wait_until_ready(_READY_SECONDS)
        await asyncio.wait([loading], timeout=scene.load.seconds_left + options.settle_seconds)
        scene.load.is_over = True
        watching.cancel()
    view.show(scene)
    return is_ready


async def _watch(scene: Scene, view: View) -> None:
    while True:
        view.show(scene)
        await asyncio.sleep(FRAME_SECONDS)


async def _inject_all(scene: Scene, faults: Sequence[Fault]) -> None:
    """Inject each fault at its progress of the load; while the load waits, so do the faults."""
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            while scene.load.progress_seconds < fault.at_seconds:  # noqa: ASYNC110 - not an event
                await asyncio.sleep(_LOOK_SECONDS)
            group.create_task(scene.faults.inject(fault))
