"""The saga definitions of one service, by name and version."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from waybill.saga import rows
from waybill.saga.definition import C, S, Saga
from waybill.saga.metrics import know
from waybill.saga.subjects import SagaStore


@dataclass(frozen=True, slots=True)
class SagaKind:
    """The sagas of one name."""

    subjects: SagaStore[Any, Any]
    newest: Saga[Any, Any]
    select: str
    """Reads sagas and their subjects."""
    answers: tuple[type[BaseModel], ...]


class SagaRegistry:
    """Finds the definitions of sagas."""

    def __init__(self) -> None:
        self._kinds: dict[str, SagaKind] = {}
        self._definitions: dict[tuple[str, int], Saga[Any, Any]] = {}

    def add(self, subjects: SagaStore[S, C], *versions: Saga[S, C]) -> None:
        """Add all versions of a saga that may be running.

        Raises ValueError when there are none, when their names differ, when two have the same
        version, and when the name is in use.
        """
        names = {saga.name for saga in versions}
        if len(names) != 1:
            raise ValueError(f"a saga has versions, all of one name, not {sorted(names)}")
        [name] = names
        if name in self._kinds:
            raise ValueError(f"there are two sagas {name}: give the second one another name")
        known = {(name, saga.version): saga for saga in versions}
        if len(known) < len(versions):
            raise ValueError(f"saga {name}: two definitions are of one version")
        answers = {answer for saga in versions for answer in saga.answers}
        newest = max(versions, key=lambda saga: saga.version)
        select = rows.select_with(subjects.select)
        self._kinds[name] = SagaKind(subjects, newest, select, tuple(answers))
        self._definitions |= known
        for saga in versions:
            know(saga)

    def kind(self, name: str) -> SagaKind:
        """Return the sagas of a name. Raises LookupError."""
        try:
            return self._kinds[name]
        except KeyError:
            known = ", ".join(self._kinds)
            raise LookupError(f"there is no saga {name} here, only: {known or 'none'}") from None

    def definition(self, name: str, version: int) -> Saga[Any, Any]:
        """Return a definition. Raises LookupError."""
        try:
            return self._definitions[name, version]
        except KeyError:
            raise LookupError(
                f"a saga {name} of version {version} is running, but its definition was removed: "
                "keep a definition until its last saga has ended"
            ) from None

    def waiting_for(self, event: BaseModel) -> str:
        """Return the name of the first saga that an event can move; any name when there is none."""
        return next(self._names_waiting_for(event), next(iter(self._kinds)))

    def _names_waiting_for(self, event: BaseModel) -> Iterator[str]:
        return (name for name, kind in self._kinds.items() if isinstance(event, kind.answers))
