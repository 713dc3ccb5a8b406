"""What the log says about an event that fails."""

import asyncio
import json
import logging
from typing import Any

import pytest
from typing_extensions import override

from waybill.logs import JsonFormatter
from waybill.receiving.batch_processor import BatchProcessor, retry_delay
from waybill.receiving.retries import dead_letter_retries

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


class Lines(logging.Handler):
    """Keeps the log lines as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter("test"))
        self.found: list[dict[str, Any]] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(json.loads(self.format(record)))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    handler = Lines()
    caplog.set_level("INFO")
    logging.getLogger("waybill").addHandler(handler)
    yield handler.found
    logging.getLogger("waybill").removeHandler(handler)


async def process(world: Any, *batch: Any) -> None:
    processor = BatchProcessor(world.database, world.event_router, world.clock)
    async with asyncio.timeout(20):
        await processor.process(batch, asyncio.Event())


async def test_a_failing_handler_leaves_one_traceback_with_type_key_and_trace_id(
    world: Any, lines: Any
) -> None:
    world.event_handlers.failing[2] = ValueError("no such luck")
    failing = world.delivery("b", 2)
    await process(world, world.delivery("a", 1), failing)

    [line] = [each for each in lines if "stack" in each]
    assert line["type"] == world.noted.type
    assert (line["key"], line["event_id"]) == ("b", str(failing.event_id))
    assert (line["trace_id"], line["level"], line["state"]) == (TRACE_ID, "ERROR", "retrying")
    assert "in _write" in line["stack"]
    assert line["stack"].endswith("ValueError: no such luck")


async def test_an_unreadable_event_is_logged_with_what_is_known_of_it(
    world: Any, lines: Any
) -> None:
    await process(world, world.delivery("a", 1, value=b"{"), world.delivery("b", 2))
    [line] = [each for each in lines if "stack" in each]
    assert (line["key"], line["trace_id"], line["state"]) == ("a", TRACE_ID, "dead")


async def test_each_failed_retry_is_logged(world: Any, lines: Any) -> None:
    world.event_handlers.failing[1] = ValueError("not yet")
    await process(world, world.delivery("a", 1))
    world.clock.advance(retry_delay(1))
    async with world.database.transaction() as tx:
        await dead_letter_retries(world.event_router).take(tx, world.clock.now(), 100)
    assert [each["attempts"] for each in lines if "stack" in each] == [1, 2]


async def test_a_batch_leaves_one_line_with_the_traces_of_its_events(
    world: Any, lines: Any
) -> None:
    await process(world, world.delivery("a", 1), world.delivery("b", 2))
    [line] = [each for each in lines if "trace_ids" in each]
    assert (line["events"], line["trace_ids"]) == (2, [TRACE_ID])
    assert line["types"] == [world.noted.type]
