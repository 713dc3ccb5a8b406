"""Every rule that divides an amount: what holds for all of them, and the examples."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.money import AMOUNT_MAX, share, split, successive

AMOUNTS = st.integers(0, AMOUNT_MAX)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=50).filter(any)
PARTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=50).filter(any)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (200, (500, 500, 500), (67, 67, 66)),
        (3_000, (40, 10), (2_400, 600)),
        (200, (1, 1, 1), (67, 67, 66)),
        (1, (1, 1), (1, 0)),
        (1, (1, 2), (0, 1)),
        (0, (0, 0), (0, 0)),
        (0, (), ()),
    ],
)
def test_0_3_what_is_left_goes_to_the_largest_remainders_and_the_earlier_line(
    amount: int, weights: tuple[int, ...], parts: tuple[int, ...]
) -> None:
    assert split(amount, weights) == parts


@given(AMOUNTS, WEIGHTS)
def test_0_3_the_parts_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    assert sum(split(amount, weights)) == amount


@given(AMOUNTS, WEIGHTS)
def test_0_3_no_part_is_a_unit_away_from_its_proportion(amount: int, weights: list[int]) -> None:
    whole = sum(weights)
    for part, weight in zip(split(amount, weights), weights, strict=True):
        assert abs(part - Fraction(amount * weight, whole)) < 1


@given(AMOUNTS, WEIGHTS)
def test_0_3_only_larger_remainders_or_earlier_lines_gain(amount: int, weights: list[int]) -> None:
    whole = sum(weights)
    floors = [amount * weight // whole for weight in weights]
    rank = [(-(amount * weight % whole), at) for at, weight in enumerate(weights)]
    gained = [part - floor for part, floor in zip(split(amount, weights), floors, strict=True)]
    assert set(gained) <= {0, 1}
    winners = [rank[at] for at, gain in enumerate(gained) if gain]
    losers = [rank[at] for at, gain in enumerate(gained) if not gain]
    assert not winners or not losers or max(winners) < min(losers)


@pytest.mark.parametrize(("amount", "weights"), [(-1, (1, 1)), (1, (1, -1)), (1, (0, 0)), (1, ())])
def test_what_cannot_be_split_is_refused(amount: int, weights: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"not negative|cannot be split"):
        split(amount, weights)


def test_0_4_three_equal_captures_take_all_of_the_amount() -> None:
    assert [successive(10_000, done, 1, 3) for done in range(3)] == [3_333, 3_334, 3_333]


@given(AMOUNTS, PARTS)
def test_0_4_successive_parts_sum_to_the_whole(amount: int, parts: list[int]) -> None:
    whole = sum(parts)
    amounts = [successive(amount, sum(parts[:at]), part, whole) for at, part in enumerate(parts)]
    assert sum(amounts) == amount
    assert all(0 <= each <= amount for each in amounts)


@given(AMOUNTS, PARTS)
def test_0_4_no_running_total_is_more_than_half_a_unit_off(amount: int, parts: list[int]) -> None:
    whole, taken, done = sum(parts), 0, 0
    for part in parts:
        taken += successive(amount, done, part, whole)
        done += part
        assert abs(taken - Fraction(amount * done, whole)) <= Fraction(1, 2)


@given(st.integers(0, AMOUNT_MAX), st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_share_is_rounded_half_up(amount: int, part: int, rest: int) -> None:
    exact = Fraction(amount * part, part + rest)
    assert -Fraction(1, 2) < share(amount, part, part + rest) - exact <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("amount", "part", "whole"), [(-1, 1, 2), (1, -1, 2), (1, 3, 2), (1, 0, 0)]
)
def test_what_is_no_share_is_refused(amount: int, part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no share of"):
        share(amount, part, whole)


def test_a_negative_part_is_refused() -> None:
    with pytest.raises(ValueError, match="is negative"):
        successive(100, 2, -1, 3)
