import asyncio

import pytest

from waybill import trace

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"


def test_traceparent_is_read_and_written_alike() -> None:
    for text in (f"00-{TRACE_ID}-{SPAN_ID}-01", f"00-{TRACE_ID}-{SPAN_ID}-00"):
        context = trace.parse(text)
        assert context is not None
        assert context.traceparent == text


def test_fields_of_a_later_version_are_ignored() -> None:
    context = trace.parse(f"01-{TRACE_ID}-{SPAN_ID}-03-more")
    assert context == trace.TraceContext(TRACE_ID, SPAN_ID, sampled=True)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "00",
        f"00-{TRACE_ID}-{SPAN_ID}",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01\n",
        f"\u0660\u0660-{TRACE_ID}-{SPAN_ID}-01",
    ],
)
def test_a_new_trace_begins_when_the_traceparent_is_malformed(text: str | None) -> None:
    assert trace.parse(text) is None
    assert trace.begin(text).trace_id != trace.begin(text).trace_id


def test_work_gets_a_span_of_its_own_in_the_trace_of_the_caller() -> None:
    context = trace.begin(f"00-{TRACE_ID}-{SPAN_ID}-00")
    assert context.trace_id == TRACE_ID
    assert context.span_id != SPAN_ID
    assert not context.sampled


async def test_each_task_keeps_its_own_trace() -> None:
    async def work() -> tuple[str, str]:
        with trace.within(None) as context:
            await asyncio.sleep(0)
            return context.traceparent, trace.current_traceparent()

    results = await asyncio.gather(work(), work())
    assert all(entered == current for entered, current in results)
    assert results[0] != results[1]
    assert trace.current() is None
