"""The last answers of a service, for a contract that names them as the fallback of an operation."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final

ANSWERS_MAX: Final = 1_000


class LastKnown:
    """Answers by what was asked. The oldest ones are dropped when there are too many."""

    def __init__(self, answers_max: int = ANSWERS_MAX) -> None:
        self._max: Final = answers_max
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def keep(self, asked: Hashable, answer: object, until: float) -> None:
        """Remember an answer."""
        self._kept.pop(asked, None)
        self._kept[asked] = (until, answer)
        if len(self._kept) > self._max:
            self._kept.popitem(last=False)

    def find(self, asked: Hashable, now: float) -> Any:  # noqa: ANN401 (what was kept)
        """Return the last answer, unless it is too old."""
        until, answer = self._kept.get(asked, (now, None))
        return answer if until > now else None
