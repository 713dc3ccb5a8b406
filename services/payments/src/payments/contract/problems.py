"""The problems that handlers of payments may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentNotFound(Problem):
    """The payment does not exist."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "payment-not-found"
    title: ClassVar[str] = "The payment does not exist"
