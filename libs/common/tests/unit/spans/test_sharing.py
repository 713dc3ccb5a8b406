"""Work that several traces share is recorded in each of them."""

from collections.abc import Iterator

import pytest

from waybill import spans, trace
from waybill.spans import Kind
from waybill.spans.recorder import Recorder, use
from waybill.trace import TraceContext

SAMPLED = [f"00-{number:032x}-{number:016x}-01" for number in (1, 2)]
UNSAMPLED = f"00-{3:032x}-{3:016x}-00"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    use(recorder)
    yield recorder
    use(None)


def test_shared_work_is_a_child_in_each_sampled_trace_and_linked(recorder: Recorder) -> None:
    with spans.shared_by_traces([*SAMPLED, UNSAMPLED, "malformed"]):
        parents = spans.parents()
    spans.record_for_each(parents, "work", Kind.CLIENT, began=1.0, ended=2.0, attributes={})
    first, second = recorder.take(10)
    assert [each.context.trace_id for each in (first, second)] == [f"{n:032x}" for n in (1, 2)]
    assert [each.context.parent_id for each in (first, second)] == [f"{n:016x}" for n in (1, 2)]
    assert (list(first.links), list(second.links)) == ([], [first.context])


def test_work_inside_another_span_is_of_that_span_alone(recorder: Recorder) -> None:
    assert recorder is spans.active()
    with spans.shared_by_traces(SAMPLED), trace.within(SAMPLED[0]) as inner:
        assert list(spans.parents()) == [inner]


def test_an_unsampled_trace_has_no_spans(recorder: Recorder) -> None:
    with trace.within(UNSAMPLED) as context:
        assert not spans.parents()
        assert not spans.is_recorded(context)
    spans.record(
        spans.Span(TraceContext("1" * 32, "1" * 16, sampled=False), "x", Kind.CLIENT, 1, 2, {})
    )
    assert not len(recorder)


def test_without_a_recorder_nothing_is_recorded() -> None:
    with trace.within(SAMPLED[0]) as context, spans.shared_by_traces(SAMPLED):
        assert not spans.parents()
        assert not spans.is_recorded(context)
        spans.record(spans.Span(context, "work", Kind.CLIENT, 1, 2, {}))
