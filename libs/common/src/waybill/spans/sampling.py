"""Samplers: which traces are recorded, by the names of OpenTelemetry's OTEL_TRACES_SAMPLER.

A ratio is decided from the trace id, as OpenTelemetry's own libraries do it: every service decides
the same for one trace, also without a flag of the caller.
"""

from collections.abc import Callable, Mapping
from typing import Final

from waybill.trace import Sampler

_BITS: Final = 64
"""Of the trace id, the last ones: only they are random in every system."""

DEFAULT: Final = "parentbased_traceidratio"
"""With a ratio of 1 it decides as OpenTelemetry's default, parentbased_always_on."""


def always(_trace_id: str, _parent: bool | None) -> bool:  # noqa: FBT001 - a Sampler
    """Record every trace."""
    return True


def never(_trace_id: str, _parent: bool | None) -> bool:  # noqa: FBT001 - a Sampler
    """Record no trace."""
    return False


def ratio(share: float) -> Sampler:
    """Record this share of all traces, from 0 to 1."""
    bound: int = round(share * 2**_BITS)

    def decide(trace_id: str, _parent: bool | None) -> bool:  # noqa: FBT001 - a Sampler
        return int(trace_id[-_BITS // 4 :], 16) < bound

    return decide


def parent_based(root: Sampler) -> Sampler:
    """Follow the flag of the caller; `root` decides for traces that begin here."""

    def decide(trace_id: str, parent: bool | None) -> bool:  # noqa: FBT001 - a Sampler
        return root(trace_id, None) if parent is None else parent

    return decide


SAMPLERS: Final[Mapping[str, Callable[[float], Sampler]]] = {
    "always_on": lambda _share: always,
    "always_off": lambda _share: never,
    "traceidratio": ratio,
    "parentbased_always_on": lambda _share: parent_based(always),
    "parentbased_always_off": lambda _share: parent_based(never),
    "parentbased_traceidratio": lambda share: parent_based(ratio(share)),
}
"""The sampler of each name; those with a ratio use the argument."""
