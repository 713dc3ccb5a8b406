"""Executes FROM and WHERE: joins the sources in nested loops."""

from dataclasses import dataclass, field
from typing import Any, Final

from waybill_simulation.postgres.compile import Compiled, Environment
from waybill_simulation.postgres.run import Run
from waybill_simulation.postgres.syntax import Source
from waybill_simulation.postgres.tables import Version


class _Nulls(dict[str, Any]):
    def __missing__(self, _: str) -> None:
        return None


_NULLS: Final = _Nulls()


@dataclass(slots=True)
class JoinLevel:
    """One source, with the conditions that can be evaluated when it is joined."""

    source: Source
    arrays: list[Compiled]
    joins: list[Compiled]
    filters: list[Compiled] = field(default_factory=list)
    lookup: tuple[tuple[str, ...], Compiled, bool] | None = None

    def join(self, environments: list[Environment], run: Run) -> list[Environment]:
        found: list[Environment] = []
        rows = (
            None
            if self.lookup and self.source.table not in run.ctes
            else self._all(environments, run)
        )
        if not rows and rows is not None and not self.source.left:
            return found
        conditions = [*self.joins, *self.filters] if self.joins else self.filters
        for environment in environments:
            before = len(found)
            for version in self._some(environment, run) if rows is None else rows:
                joined = (*environment, version)
                for condition in conditions:
                    if not condition(joined, run):
                        break
                else:
                    found.append(joined)
            if self.source.left and len(found) == before:
                found.append((*environment, _NULLS))
        return found

    def _all(self, environments: list[Environment], run: Run) -> list[Version]:
        source = self.source
        if source.table is None:
            arrays = [array(environments[0], run) for array in self.arrays]
            if len(source.columns) > len(arrays):
                arrays.append(range(1, len(arrays[0]) + 1))
            return [
                dict(zip(source.columns, row, strict=True)) for row in zip(*arrays, strict=True)
            ]
        if source.table in run.ctes:
            return run.ctes[source.table]
        work, snapshot, command = run.work, run.snapshot, run.command
        return [
            version
            for slot in run.tables[source.table].slots
            if (version := slot.seen(work, snapshot, command)) is not None
        ]

    def _some(self, environment: Environment, run: Run) -> list[Version]:
        if self.lookup is None or self.source.table is None:
            return []
        key, value, many = self.lookup
        index = run.tables[self.source.table].keys[key]
        wanted = value(environment, run)
        slots = [index.get(each) for each in dict.fromkeys(wanted)] if many else [index.get(wanted)]
        return [
            version
            for slot in slots
            if slot is not None
            and (version := slot.seen(run.work, run.snapshot, run.command)) is not None
        ]


@dataclass(slots=True)
class NestedLoop:
    levels: list[JoinLevel]
    conditions: list[Compiled]

    def rows(self, environment: Environment, run: Run) -> list[Environment]:
        environments = [environment]
        for level in self.levels:
            environments = level.join(environments, run)
            if not environments:
                break
        if not self.levels and not all(
            condition(environment, run) for condition in self.conditions
        ):
            return []
        return environments

    def recheck(self, environment: Environment, run: Run) -> bool:
        """Evaluate the conditions again for a row after waiting for its lock."""
        return all(condition(environment, run) for condition in self.conditions)
