"""Answers an operation with one of its offers: the implementation of a generated interface."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waybill.http import Answer, Call
from waybill.http.problems import MalformedRequest, Problem, ProblemError
from waybill_toolkit.contracts.mock.keys import Keys
from waybill_toolkit.contracts.mock.offers import Offer
from waybill_toolkit.contracts.mock.preference import WANTED


@dataclass(frozen=True, slots=True)
class Answering:
    """The handler of one operation. The runtime has validated the request before."""

    offers: Sequence[Offer]
    keys: Keys

    async def __call__(self, call: Call, **_: object) -> Answer:
        if call.keyed:
            self.keys.recall(call.keyed)
        outcome = self._chosen().outcome
        if isinstance(outcome, Problem):
            raise ProblemError(outcome)
        if call.keyed:
            self.keys.keep(call.keyed, outcome)
        return outcome

    def _chosen(self) -> Offer:
        wanted = WANTED.get()
        for offer in self.offers:
            if wanted.fits(offer.status, offer.name):
                return offer
        known = ", ".join(f"{each.status} {each.name}" for each in self.offers)
        detail = f"The contract does not declare what Prefer selects. It declares: {known}."
        raise ProblemError(MalformedRequest(detail=detail))


def implement(interface: type, handlers: Mapping[str, Answering]) -> Any:  # noqa: ANN401 (of that type)
    """Create an object of a generated interface. Raises TypeError when a handler is missing."""
    return type("Mock", (interface,), dict(handlers))()
