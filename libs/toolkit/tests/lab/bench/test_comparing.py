"""Changes and noise between two results."""

from typing import Any

import pytest

from waybill_toolkit.lab.bench.comparing import (
    compare,
    deviation,
    has_moved,
    not_compared,
    other_conditions,
)


def result(**cases: list[dict[str, Any]]) -> dict[str, Any]:
    return {"scenarios": {"reads": {case: {"rounds": rounds} for case, rounds in cases.items()}}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([100, 101, 99], [120, 121, 119]),
        ([100, 101, 99], [90, 91, 89]),
        ([100, 100, 100], [104, 104, 104]),
        ([100, 101, 99, 100, 500], [1000, 1001, 1002, 1000, 999]),  # one round was disturbed
        ([0, 0, 0], [1, 1, 1]),
        ([100], [140]),
    ],
)
def test_a_figure_has_moved_when_it_differs_by_more_than_its_rounds(
    before: list[float], after: list[float]
) -> None:
    assert has_moved(before, after)
    assert has_moved(after, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([100, 101, 99], [100, 101, 99]),
        ([100, 101, 99], [101, 102, 100]),  # rounds overlap
        ([100, 120, 80], [125, 145, 121]),  # within three deviations
        ([100, 100, 100], [102, 102, 102]),  # less than 3 %
        ([100], [124]),  # one round: a quarter
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_a_figure_has_not_moved_when_noise_explains_it(
    before: list[float], after: list[float]
) -> None:
    assert not has_moved(before, after)
    assert not has_moved(after, before)


def test_the_deviation_of_three_rounds_is_corrected_for_there_being_few() -> None:
    assert deviation([100, 101, 99]) == pytest.approx(1.4826 * 1.495)
    assert deviation([1.0] * 20) == 0


def test_what_moved_is_better_or_worse_by_its_unit() -> None:
    old = result(
        order=[{"answers_per_second": 100.0, "answer_ms_p99": 10.0, "cpu": {"orders": 1.0}}] * 3
    )
    new = result(
        order=[{"answers_per_second": 200.0, "answer_ms_p99": 20.0, "cpu": {"orders": 0.5}}] * 3
    )

    found = {each.figure: each for each in compare(old, new)}

    assert [found[name].is_better for name in ("answers_per_second", "answer_ms_p99")] == [
        True,
        False,
    ]
    assert found["cpu.orders"].is_better
    assert found["cpu.orders"].change == -0.5
    assert all(each.has_moved for each in found.values())


def test_cases_and_figures_that_only_one_result_has_are_not_compared() -> None:
    old = result(gone=[{"a": 1.0}], kept=[{"a": 1.0, "b": 1.0}])
    new = result(kept=[{"a": 1.0, "c": None}], new=[{"a": 1.0}])

    assert [each.figure for each in compare(old, new)] == ["a"]
    assert not_compared(old, new) == ["reads: gone", "reads: new"]


def test_other_conditions_are_named() -> None:
    old = {"conditions": {"cores": 2, "python": "3.11", "load_average_before": 0.1}}
    new = {"conditions": {"cores": 4, "python": "3.11", "load_average_before": 7.0}}

    assert other_conditions(old, new) == ["cores: 2, now 4"]
