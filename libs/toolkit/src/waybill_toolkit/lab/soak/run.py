"""A soak test: a constant load, a sample every few seconds, the verdicts at the end."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.load import open_loop
from waybill_toolkit.lab.bench.placing import Place, Placer, Tally
from waybill_toolkit.lab.bench.watching import watching
from waybill_toolkit.lab.soak.planted import NEEDED_SECONDS, Planted
from waybill_toolkit.lab.soak.samples import Sample, Sampler
from waybill_toolkit.lab.soak.verdicts import Verdict, judge
from waybill_toolkit.operations.audit import Report
from waybill_toolkit.operations.workload.session import audit_when_settled
from waybill_toolkit.operations.workload.tasks import grouped
from waybill_toolkit.platform.handle import Platform

SAMPLES_WANTED: Final = 240
SAMPLE_SECONDS_MIN: Final = 1.0  # one takes some 50 ms of processor time

_LINE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Soaked:
    """The result of a soak test."""

    verdicts: Sequence[Verdict]
    retention_wrong: Sequence[str] | None
    """None when the run was too short for two runs of retention."""
    tally: Tally
    audit: Report
    samples: int

    @property
    def is_ok(self) -> bool:
        return (
            all(verdict.is_ok for verdict in self.verdicts)
            and not self.retention_wrong
            and not self.tally.unconfirmed
            and self.audit.is_ok
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.is_ok,
            "orders_confirmed": self.tally.confirmed,
            "orders_unconfirmed": self.tally.unconfirmed,
            **self.tally.accept.figures("accept"),
            **self.tally.confirm.figures("confirm"),
            "audit_ok": self.audit.is_ok,
            "retention_wrong": self.retention_wrong,
            "samples": self.samples,
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }


async def soak(
    platform: Platform,
    *,
    seconds: float,
    orders_per_second: float,
    on_sample: Callable[[Sample], None] = lambda _: None,
) -> Soaked:
    """Run the load and check the growth. Raises ServiceError, PlatformError."""
    planted = Planted(platform)
    await planted.plant()
    tally, samples = await _load_and_look(platform, seconds, orders_per_second, on_sample)
    wrong = await planted.wrong()
    return Soaked(
        judge(samples, orders_per_second),
        wrong if seconds >= NEEDED_SECONDS else None,
        tally,
        await audit_when_settled(platform),
        len(samples),
    )


async def _load_and_look(
    platform: Platform,
    seconds: float,
    orders_per_second: float,
    on_sample: Callable[[Sample], None],
) -> tuple[Tally, list[Sample]]:
    place = Place(platform, one_line())
    client = place.client()
    samples: list[Sample] = []

    async def look() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with Sampler(platform) as sampler:
            while True:
                samples.append(await sampler.take(loop.time() - began))
                on_sample(samples[-1])
                await asyncio.sleep(max(SAMPLE_SECONDS_MIN, seconds / SAMPLES_WANTED))

    try:
        await place.baskets.stock(client)
        async with watching(platform) as watcher, grouped() as group:
            placer = Placer(client, watcher, place.baskets.orders(secrets.token_hex(4)))
            looking = group.create_task(look())
            await open_loop(
                placer.place,
                per_second=orders_per_second,
                seconds=seconds,
                gives_up=lambda begun: (
                    begun - placer.tally.confirmed > orders_per_second * _LINE_SECONDS
                ),
            )
            await placer.until_final()
            looking.cancel()
    finally:
        client.close()
    return placer.tally, samples
