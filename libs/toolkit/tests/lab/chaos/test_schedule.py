"""The seed determines the faults."""

from waybill_toolkit.lab.chaos.campaign import SECONDS_MIN
from waybill_toolkit.lab.chaos.schedule import QUIET_SECONDS, Kind, Targets, draw

TERRAIN = Targets(
    services=("gateway", "catalog", "inventory", "orders", "payments"),
    databases=("catalog", "inventory", "orders", "payments"),
)


def test_the_same_faults_come_when_the_seed_is_the_same() -> None:
    assert draw(7, 60, TERRAIN) == draw(7, 60, TERRAIN)
    assert draw(7, 60, TERRAIN) != draw(8, 60, TERRAIN)


def test_every_kind_comes_when_a_campaign_is_as_short_as_it_can_be() -> None:
    for seed in range(50):
        kinds = {fault.kind for fault in draw(seed, SECONDS_MIN, TERRAIN)}
        assert kinds == set(Kind) - {Kind.DISK_FULL}


def test_disk_gets_full_only_when_there_is_a_small_one() -> None:
    small = Targets(TERRAIN.services, TERRAIN.databases, has_small_disk=True)

    assert {fault.kind for fault in draw(1, 120, small)} == set(Kind)


def test_every_link_is_hit_when_a_campaign_is_long() -> None:
    hit = {fault.link for fault in draw(1, 4000, TERRAIN) if fault.link}

    assert hit == set(TERRAIN.links())


def test_the_end_is_quiet_when_faults_are_drawn() -> None:
    assert all(fault.at_seconds < 60 - QUIET_SECONDS for fault in draw(3, 60, TERRAIN))
