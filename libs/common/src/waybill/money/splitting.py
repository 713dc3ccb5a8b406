"""Divides amounts in whole numbers, so that nothing is lost or added.

At once: each part is rounded down, and the units that are left go to the largest remainders
(Hamilton's method). One after another: a part is what the rounded running total grows by, because
parts that are rounded one by one do not sum to the whole.
"""

from collections.abc import Sequence


def split(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide an amount in proportion to weights; where remainders are equal the earlier part gains.

    The parts sum to the amount. Raises ValueError for a negative amount or weight, and for an
    amount without a weight to carry it.
    """
    if amount_minor < 0 or any(weight < 0 for weight in weights):
        raise ValueError("an amount that is split, and the weights, are not negative")
    whole = sum(weights)
    if not whole:
        if amount_minor:
            raise ValueError(f"{amount_minor} cannot be split: all weights are 0")
        return (0,) * len(weights)
    parts = [amount_minor * weight // whole for weight in weights]
    # sorted() is stable, also when reversed: equal remainders keep their order.
    by_remainder = sorted(
        range(len(weights)), key=lambda at: amount_minor * weights[at] % whole, reverse=True
    )
    for at in by_remainder[: amount_minor - sum(parts)]:
        parts[at] += 1
    return tuple(parts)


def share(amount_minor: int, part: int, whole: int) -> int:
    """Return part/whole of an amount, rounded half up.

    Raises ValueError unless 0 <= part <= whole, whole > 0 and the amount is not negative.
    """
    if amount_minor < 0 or not 0 <= part <= whole or not whole:
        raise ValueError(f"{part} of {whole} is no share of {amount_minor}")
    return (2 * amount_minor * part + whole) // (2 * whole)


def successive(amount_minor: int, before: int, part: int, whole: int) -> int:
    """Return the amount of the next `part` of `whole`, after `before` of it.

    The amounts of all parts sum to the amount, however it was divided. Raises ValueError as
    `share` does, also for a negative part.
    """
    if part < 0:
        raise ValueError(f"a part of {part} is negative")
    return share(amount_minor, before + part, whole) - share(amount_minor, before, whole)
