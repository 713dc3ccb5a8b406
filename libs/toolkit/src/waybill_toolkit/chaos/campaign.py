"""One campaign: orders and faults together; then all is healed and the books are compared."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.chaos.arena import Arena
from waybill_toolkit.chaos.faults import Faults
from waybill_toolkit.chaos.load import Load
from waybill_toolkit.chaos.result import Result
from waybill_toolkit.chaos.schedule import QUIET_SECONDS, Fault, Terrain, draw
from waybill_toolkit.chaos.shop import open_shop
from waybill_toolkit.chaos.system import SETTLE_SECONDS, read_books
from waybill_toolkit.chaos.verdict import compare
from waybill_toolkit.chaos.view import FRAME_SECONDS, Scene, View
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.work.client import Client
from waybill_toolkit.work.seeding import seed as seed_shop

RATE_MAX: Final = 80.0
"""Orders a second: what two cores carry beside the proxy, with room to catch up after a fault."""
SECONDS_MIN: Final = 60.0
"""Of load: every kind of fault has its turn once."""

_WHOLE_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many orders, and over how long."""

    orders: int

    @property
    def seconds(self) -> float:
        return max(SECONDS_MIN, self.orders / RATE_MAX)

    @property
    def rate(self) -> float:
        return self.orders / (self.seconds - QUIET_SECONDS / 2)


async def run_campaign(
    arena: Arena, seed: int, orders: int, view: View, faults: Sequence[Fault] | None = None
) -> Result:
    """Run it. Faults are drawn from the seed unless they are given.

    Raises ServiceError when the platform cannot be used before anything is broken, PlatformError
    when its books cannot be read after all is healed.
    """
    size = Size(orders)
    run = secrets.token_hex(3).upper()
    shop = open_shop(seed, orders, run)
    if faults is None:
        terrain = Terrain(arena.platform.services, arena.platform.databases)
        faults = draw(seed, size.seconds, terrain)
    doors = _doors(arena)
    try:
        await seed_shop(doors[0], shop.variants, shop.units)
        load = Load(doors, shop.orders, size.rate, seed)
        bringer = Faults(arena, load, seed)
        scene = Scene(load, bringer, arena)
        is_whole = await _break_and_heal(scene, faults, view)
        view.say("Reading the books ...")
        books = await read_books(arena.platform, f"chaos-{run}-%")
    finally:
        for door in doors:
            door.close()
    violations = compare(list(load.histories.values()), books.orders)
    return Result(
        seed=seed,
        seconds=load.now(),
        attempts=load.attempts,
        events=bringer.events,
        server_errors=load.server_errors,
        violations=violations,
        books=books,
        is_whole=is_whole,
    )


def _doors(arena: Arena) -> list[Client]:
    gateway = arena.address(GATEWAY)
    catalog, inventory, orders = map(arena.address, ("catalog", "inventory", "orders"))
    return [
        Client(catalog, inventory, orders, SETTLE_SECONDS),
        Client(gateway, gateway, gateway, SETTLE_SECONDS),
    ]


async def _break_and_heal(scene: Scene, faults: Sequence[Fault], view: View) -> bool:
    """Return when clients know all they can, and whether every process is back by then."""
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(scene, view))
        loading = group.create_task(scene.load.run())
        await _bring_all(scene, faults)
        scene.arena.detours.clear_up()
        is_whole = await scene.arena.until_whole(_WHOLE_SECONDS)
        await asyncio.wait([loading], timeout=scene.load.seconds_left + SETTLE_SECONDS)
        scene.load.is_over = True
        watching.cancel()
    view.show(scene)
    return is_whole


async def _watch(scene: Scene, view: View) -> None:
    while True:
        view.show(scene)
        await asyncio.sleep(FRAME_SECONDS)


async def _bring_all(scene: Scene, faults: Sequence[Fault]) -> None:
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            await asyncio.sleep(max(0.0, fault.at_seconds - scene.load.now()))
            group.create_task(scene.faults.bring(fault))
