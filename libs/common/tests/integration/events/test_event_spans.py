"""An event of a sampled trace has spans from its transaction over a real broker to its reply."""

from collections.abc import Iterator
from typing import Any

import pytest

from waybill import trace
from waybill.events import Message
from waybill.spans import Span
from waybill.spans.recorder import Recorder, use

START = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    use(recorder)
    yield recorder
    use(None)


def named(spans: list[Span], name: str) -> list[Span]:
    return [span for span in spans if span.name.partition(" ")[0] == name]


async def test_one_event_is_sent_and_processed_in_one_trace(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str, recorder: Recorder
) -> None:
    world.event_handlers.reply = Message("test.replied.v1", "replies", "account", world.noted.model)
    with trace.resumed(START) as request:
        await world.send("a", 1)

    async def is_answered() -> bool:
        return bool(await world.value("SELECT count(*) = 1 FROM outbox WHERE topic = 'replies'"))

    async with running(world.relay(bootstrap_servers), world.consumer(bootstrap_servers)):
        await eventually(is_answered)

    spans = recorder.take(1_000)
    [sent] = [each for each in named(spans, "send") if each.name.endswith(world.topic.name)]
    [processed] = named(spans, "process")
    sending, processing = named(spans, "transaction")
    assert {each.context.trace_id for each in (sent, processed, sending, processing)} == {
        request.trace_id
    }
    assert sending.context.parent_id == request.span_id
    assert sent.context.parent_id == request.span_id
    assert processed.context.parent_id == request.span_id
    assert processing.context.parent_id == processed.context.span_id
    assert sending.attributes["waybill.transaction.events_sent"] == 1
    assert processed.attributes["cloudevents.event_type"] == "test.noted.v1"
    assert processed.attributes["messaging.consumer.group.name"] == world.group
    reply = await world.value("SELECT traceparent FROM outbox WHERE topic = 'replies'")
    assert reply == processed.context.traceparent, "what the handler sends is its child"
    [published] = [each for each in named(spans, "publish") if sent.context in each.links]
    assert list(sent.links) == [published.context]


async def test_events_of_one_batch_have_spans_in_their_own_traces(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str, recorder: Recorder
) -> None:
    traces = [f"00-{number:032x}-{number:016x}-01" for number in (1, 2, 3)]
    unsampled = f"00-{4:032x}-{4:016x}-00"
    async with world.database.transaction() as tx:
        for number, traceparent in enumerate([*traces, unsampled], start=1):
            with trace.resumed(traceparent):
                tx.send(world.noted, world.noted.model(account="a", number=number))

    async def have_arrived() -> bool:
        return len(await world.seen()) == 4

    async with running(world.relay(bootstrap_servers), world.consumer(bootstrap_servers)):
        await eventually(have_arrived)

    spans = recorder.take(1_000)
    ids = [trace.trace_id(each) for each in traces]
    first, second, third = sorted(named(spans, "process"), key=lambda each: each.context.trace_id)
    assert [each.context.trace_id for each in (first, second, third)] == ids
    assert (list(first.links), list(second.links)) == ([], [first.context])
    assert third.attributes["messaging.batch.message_count"] == 4
    assert sorted(each.context.trace_id for each in named(spans, "transaction")) == ids


async def test_a_failed_event_has_a_span_that_says_so(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str, recorder: Recorder
) -> None:
    world.event_handlers.failing[1] = ValueError("a customer's value")
    with trace.resumed(START):
        await world.send("a", 1)

    async def is_parked() -> bool:
        return bool(await world.value("SELECT count(*) = 1 FROM dead_letters"))

    async with running(world.relay(bootstrap_servers), world.consumer(bootstrap_servers)):
        await eventually(is_parked)

    spans = recorder.take(1_000)
    [parked] = named(spans, "park")
    assert parked.error == "ValueError"
    assert parked.attributes["waybill.dead_letter.state"] == "retrying"
    assert "a customer's value" not in repr(spans)


async def test_without_a_recorder_an_event_keeps_the_span_of_its_sender(world: Any) -> None:
    delivery = world.delivery("a", 1)
    assert delivery.event is not None
    assert delivery.event.traceparent == dict(delivery.record.headers)["traceparent"].decode()
