"""One campaign: orders and faults together; then all is healed and the books are compared."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.lab.chaos.arena import Arena
from waybill_toolkit.lab.chaos.faults import Faults
from waybill_toolkit.lab.chaos.load import Load
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.schedule import GAP_SECONDS, Fault, draw
from waybill_toolkit.lab.chaos.separate_process import read_books_apart
from waybill_toolkit.lab.chaos.shop import open_shop
from waybill_toolkit.lab.chaos.system import SETTLE_SECONDS
from waybill_toolkit.lab.chaos.verdict import compare
from waybill_toolkit.lab.chaos.view import FRAME_SECONDS, Scene, View
from waybill_toolkit.operations.workload.client import Client
from waybill_toolkit.operations.workload.seeding import seed as seed_shop
from waybill_toolkit.platform.plan import GATEWAY

RATE_MAX: Final = 80.0
"""Orders a second: what two cores carry beside the proxy, with room to catch up after a fault."""
SECONDS_MIN: Final = 66.0
"""Of load: every kind of fault has its turn once, at the usual gap."""

_WHOLE_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Outline:
    """What a campaign is to be."""

    seed: int
    orders: int
    seconds: float
    """Of load and faults."""
    gap_seconds: float = GAP_SECONDS
    """Between the beginnings of two faults, on average."""
    faults: Sequence[Fault] | None = None
    """None: those that follow from the seed."""
    settle_seconds: float = SETTLE_SECONDS
    """How long the system gets, after all is healed, to bring everything to its end."""

    @classmethod
    def of(cls, seed: int, orders: int, gap_seconds: float = GAP_SECONDS) -> "Outline":
        """Make one that is long enough for every kind of fault, and for so many orders."""
        seconds = max(SECONDS_MIN * gap_seconds / GAP_SECONDS, orders / RATE_MAX)
        return cls(seed, orders, seconds, gap_seconds)

    @property
    def rate(self) -> float:
        return self.orders / self.seconds


async def run_campaign(arena: Arena, outline: Outline, view: View) -> Result:
    """Run it.

    Raises ServiceError when the platform cannot be used before anything is broken, PlatformError
    when its books cannot be read after all is healed.
    """
    seed, run = outline.seed, secrets.token_hex(3).upper()
    shop = open_shop(seed, outline.orders, run)
    doors = _doors(arena, outline)
    try:
        await seed_shop(doors[0], shop.variants, shop.units)
        load = Load(doors, shop.orders, outline.rate, seed)
        scene = Scene(load, Faults(arena, load, seed), arena)
        is_whole = await _break_and_heal(scene, outline, view)
        view.say("Reading the books ...")
        books = await read_books_apart(arena.platform, f"chaos-{run}-%", outline.settle_seconds)
    finally:
        for door in doors:
            door.close()
    return Result(
        seed=seed,
        seconds=load.now(),
        attempts=load.attempts,
        events=scene.faults.events,
        server_errors=load.server_errors,
        violations=compare(list(load.histories.values()), books.orders),
        books=books,
        is_whole=is_whole,
    )


def _doors(arena: Arena, outline: Outline) -> list[Client]:
    patience = outline.seconds + outline.settle_seconds
    gateway = arena.address(GATEWAY)
    catalog, inventory, orders = map(arena.address, ("catalog", "inventory", "orders"))
    return [
        Client(catalog, inventory, orders, patience),
        Client(gateway, gateway, gateway, patience),
    ]


async def _break_and_heal(scene: Scene, outline: Outline, view: View) -> bool:
    """Return when clients know all they can, and whether every process is back by then."""
    arena = scene.arena
    faults = outline.faults
    if faults is None:
        faults = draw(outline.seed, outline.seconds, arena.terrain, outline.gap_seconds)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(scene, view))
        loading = group.create_task(scene.load.run())
        await _bring_all(scene, faults)
        arena.fault_proxies.clear_up()
        is_whole = await arena.until_whole(_WHOLE_SECONDS)
        await asyncio.wait([loading], timeout=scene.load.seconds_left + outline.settle_seconds)
        scene.load.is_over = True
        watching.cancel()
    view.show(scene)
    return is_whole


async def _watch(scene: Scene, view: View) -> None:
    while True:
        view.show(scene)
        await asyncio.sleep(FRAME_SECONDS)


async def _bring_all(scene: Scene, faults: Sequence[Fault]) -> None:
    """Bring each when the load has got so far: while it is held up, nothing more breaks."""
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            while scene.load.progress_seconds < fault.at_seconds:  # noqa: ASYNC110 - not an event
                await asyncio.sleep(_LOOK_SECONDS)
            group.create_task(scene.faults.bring(fault))
