"""The model of orders a second: its laws, and that it finds the costs it is fitted to."""

from dataclasses import replace

import pytest

from waybill_toolkit.lab.bench.scaling.layouts import CALIBRATION, LAYOUTS
from waybill_toolkit.lab.bench.scaling.model import (
    Cost,
    Layout,
    Model,
    Run,
    by_component,
    closed_rate,
    fit,
)

COSTS = {
    "orders": Cost(0.001, 0.008),
    "inventory": Cost(0.0005, 0.004),
    "PostgreSQL of inventory": Cost(0.0005, 0.002),
}
MODEL = Model(COSTS, waiting_seconds=0.02, cores=2)


def run_of(model: Model, clients: int) -> Run:
    """Return what a platform that follows the model would show."""
    layout = Layout("", clients)
    spent = {name: cost.of(clients) for name, cost in model.costs.items()}
    return Run(clients, model.per_second(layout), spent)


def test_fit_finds_the_costs_when_a_platform_follows_the_model() -> None:
    alone, few, many = (run_of(MODEL, clients) for clients in (1, 8, 128))

    found = fit(alone, few, many, cores=2)

    for name, cost in COSTS.items():
        assert found.costs[name].per_order == pytest.approx(cost.per_order)
        assert found.costs[name].per_round == pytest.approx(cost.per_round)
    assert found.waiting_seconds == pytest.approx(MODEL.waiting_seconds)
    assert found.per_second(Layout("", 32)) == pytest.approx(MODEL.per_second(Layout("", 32)))


def test_costs_are_never_negative_when_the_measurements_are_noisy() -> None:
    few = Run(8, 100.0, {"broker": 0.001, "relay": 0.020})
    many = Run(128, 800.0, {"broker": 0.002, "relay": 0.001})

    found = fit(Run(1, 30.0, {"broker": 0.05}), few, many, cores=2)

    assert found.costs["broker"] == Cost(0.002, 0.0)
    assert found.costs["relay"].per_order == 0.0
    assert found.waiting_seconds == 0.0


def test_refused_when_few_clients_are_not_fewer() -> None:
    run = Run(8, 100.0, {})
    with pytest.raises(ValueError, match="8 clients are not more than 8"):
        fit(run, run, run, cores=2)


def test_one_client_waits_for_its_own_work_only() -> None:
    assert closed_rate(1, 0.010, 0.015, cores=2) == pytest.approx(40.0)


@pytest.mark.parametrize("cores", [1, 2, 16])
def test_the_rate_approaches_and_never_exceeds_the_cores(cores: int) -> None:
    rates = [closed_rate(clients, 0.004, 0.020, cores) for clients in (1, 4, 16, 64, 256, 1024)]

    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(cores / 0.004, rel=0.01)
    assert max(rates) <= cores / 0.004 * (1 + 1e-9)


def test_a_closed_system_of_one_core_is_the_machine_repairman() -> None:
    """Two clients that always queue for one core: the core is never idle."""
    assert closed_rate(2, 0.010, 0.0, cores=1) == pytest.approx(100.0)


def test_more_databases_and_replicas_cost_rounds_of_inventory_only() -> None:
    base = Layout("", 64)
    layouts = (
        replace(base, stock_databases=2),
        replace(base, inventory_replicas=2, partitions=4),
        replace(base, stock_databases=2, inventory_replicas=2, partitions=4),
    )

    extra = [MODEL.cpu_seconds(layout) - MODEL.cpu_seconds(base) for layout in layouts]

    round_of_inventory = (0.004 + 0.002) / 64
    assert extra == pytest.approx(
        [2 * round_of_inventory, round_of_inventory, 5 * round_of_inventory]
    )


def test_a_replica_without_a_partition_costs_nothing() -> None:
    assert Layout("", 8, inventory_replicas=2).rounds == Layout("", 8).rounds


def test_the_limit_of_a_component_is_one_whole_core() -> None:
    assert MODEL.limits() == {
        "orders": pytest.approx(1000),
        "inventory": pytest.approx(2000),
        "PostgreSQL of inventory": pytest.approx(2000),
    }


def test_replicas_and_databases_of_a_service_are_one_component() -> None:
    spent = {
        "inventory": 1.0,
        "inventory, replica 2": 2.0,
        "postgres, for inventory": 3.0,
        "postgres, for inventory_1": 4.0,
        "postgres, itself": 5.0,
        "client": 6.0,
    }

    assert by_component(spent) == {
        "inventory": 3.0,
        "PostgreSQL of inventory": 7.0,
        "postgres": 5.0,
        "client": 6.0,
    }


def test_the_layouts_cover_what_the_model_is_held_against() -> None:
    measured = [layout for layout in LAYOUTS if not layout.is_calibration]
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)
    assert [layout.clients for layout in CALIBRATION] == sorted({1, 8, 128})
    assert {layout.stock_databases for layout in measured} == {1, 2}
    assert {layout.inventory_replicas for layout in measured} == {1, 2}
    assert {layout.partitions for layout in measured} == {1, 4}
