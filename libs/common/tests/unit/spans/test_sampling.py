"""A share of the traces is sampled, the same ones as by OpenTelemetry's own library."""

import random

import pytest
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from waybill import trace
from waybill.spans.sampling import SAMPLERS, ratio


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 1.0])
def test_a_ratio_samples_the_traces_that_opentelemetry_samples(share: float) -> None:
    rng = random.Random(7)  # noqa: S311 - to be repeatable
    theirs, ours = TraceIdRatioBased(share), ratio(share)
    for _ in range(2_000):
        number = rng.getrandbits(128)
        sampled = theirs.should_sample(None, number, "any").decision is Decision.RECORD_AND_SAMPLE
        assert ours(f"{number:032x}", None) is sampled


@pytest.mark.parametrize(
    ("name", "share", "decisions"),
    [
        ("always_on", 0.0, [True, True, True]),
        ("always_off", 1.0, [False, False, False]),
        ("traceidratio", 1.0, [True, True, True]),
        ("traceidratio", 0.0, [False, False, False]),
        ("parentbased_always_on", 0.0, [True, False, True]),
        ("parentbased_always_off", 1.0, [False, False, True]),
        ("parentbased_traceidratio", 1.0, [True, False, True]),
        ("parentbased_traceidratio", 0.0, [False, False, True]),
    ],
)
def test_each_sampler_decides_as_its_name_says(
    name: str, share: float, decisions: list[bool]
) -> None:
    sampler = SAMPLERS[name](share)
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert [sampler(trace_id, parent) for parent in (None, False, True)] == decisions


def test_the_decision_is_in_the_flag_that_is_passed_on() -> None:
    trace.sample_by(SAMPLERS["parentbased_traceidratio"](0.0))
    try:
        assert trace.begin().traceparent.endswith("-00")
        sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        assert trace.begin(sampled).traceparent.endswith("-01")
    finally:
        trace.sample_by(trace.follow_caller)
    assert trace.begin().traceparent.endswith("-01")
