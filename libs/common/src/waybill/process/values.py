"""The values of metrics: of this process, and those of both processes of a service together.

The background process counts for itself. Asked by its parent, it sends its values, and the parent
adds them to its own. Both begin at 0 when the service starts, since neither lives without the
other: what both counted before the fork is not counted twice.
"""

import pickle
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Exemplar

from waybill.metrics import DECLARED, PROCESS, READERS, REGISTRY, ZEROS, Sample

SERVING: Final = "serving"
BACKGROUND: Final = "background"

Key: TypeAlias = tuple[str, tuple[str, ...]]
"""The name of a sample, such as `..._bucket`, and the values of its labels."""

_CREATED: Final = "_created"
_ADDED_UP: Final = ("counter", "histogram")


class Value(NamedTuple):
    """A value, and an example of what was counted."""

    value: float
    exemplar: Exemplar | None = None


Family: TypeAlias = dict[Key, Value]
Values: TypeAlias = dict[str, Family]
"""By the declared name of the metric."""


def is_time(sample: str) -> bool:
    """Whether a sample says since when is counted: those would double the length of /metrics."""
    return sample.endswith(_CREATED)


def counted() -> Values:
    """Return what this process has counted so far."""
    found: Values = {}
    for metric in REGISTRY.collect():
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        found[name] = {
            (each.name, tuple(each.labels.values())): Value(each.value, each.exemplar)
            for each in metric.samples
            if not is_time(each.name)
        }
    return found


def values_of(process: str, readings: Iterable[Sample], baseline: Values | None = None) -> Values:
    """Return the values of this process: what it has counted since `baseline`, and readings."""
    found = counted()
    for name, family in (baseline or {}).items():
        if DECLARED[name].kind in _ADDED_UP:
            mine = found[name]
            for key, before in family.items():
                mine[key] = mine[key]._replace(value=mine[key].value - before.value)
    for read in READERS:
        _add_readings(found, read(), process)
    _add_readings(found, readings, process)
    for name, labels in ZEROS:
        found.setdefault(name, {}).setdefault((name, labels), Value(0.0))
    return found


def _add_readings(found: Values, samples: Iterable[Sample], process: str) -> None:
    for name, labels, value in samples:
        if PROCESS in DECLARED[name].labels:
            labels = (*labels, process)  # noqa: PLW2901 - the same labels, complete
        family = found.setdefault(name, {})
        before = family.get((name, labels))
        family[name, labels] = Value(value + before.value if before else value)


def packed(values: Values) -> bytes:
    """Return values for the other process."""
    return pickle.dumps(values, pickle.HIGHEST_PROTOCOL)


def unpacked(content: bytes) -> Values:
    """Return the values that the other process has packed."""
    found: Values = pickle.loads(content) if content else {}  # noqa: S301 - our own child's
    return found


def add(mine: Values, others: Values) -> Values:
    """Add the values of another process to those of this one."""
    for name, family in others.items():
        ours = mine.setdefault(name, {})
        for key, each in family.items():
            known = ours.get(key)
            if known is None:
                ours[key] = each
            else:
                ours[key] = Value(known.value + each.value, known.exemplar or each.exemplar)
    return mine


def metrics_of(values: Mapping[str, Family]) -> Iterable[Metric]:
    """Return values as prometheus_client renders them; those of one metric follow each other."""
    for name, family in sorted(values.items()):
        if not family:
            continue
        declared = DECLARED[name]
        kind = declared.kind
        base = name.removesuffix("_total") if kind == "counter" else name
        metric = Metric(base.removesuffix("_info") if kind == "info" else base, declared.text, kind)
        names = declared.labels
        bucket_names = (*names, "le")
        for (sample, labels), (value, exemplar) in family.items():
            of = bucket_names if len(labels) > len(names) else names
            metric.add_sample(sample, dict(zip(of, labels, strict=True)), value, None, exemplar)
        yield metric
