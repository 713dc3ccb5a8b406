"""An amount of one currency."""

from dataclasses import dataclass

from typing_extensions import override

from waybill.money.currencies import digits_of


@dataclass(frozen=True, slots=True)
class Money:
    """A whole number of the smallest unit of a currency: `Money(255, "GBP")` is 2.55 GBP.

    Raises TypeError for an amount that is no `int`, UnknownCurrencyError, and ValueError where two
    currencies meet.
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"an amount is an int, not {self.amount_minor!r}")
        digits_of(self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount_minor * quantity, self.currency)

    def __le__(self, other: "Money") -> bool:
        return self.amount_minor <= self._same(other)

    def __lt__(self, other: "Money") -> bool:
        return self.amount_minor < self._same(other)

    @override
    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    @property
    def decimal(self) -> str:
        """The amount in major units, with all digits of the currency: `18.600`."""
        digits = digits_of(self.currency)
        text = f"{abs(self.amount_minor):0{digits + 1}d}"
        sign = "-" if self.amount_minor < 0 else ""
        return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are amounts of two currencies")
        return other.amount_minor
