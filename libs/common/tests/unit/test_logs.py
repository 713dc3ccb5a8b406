import json
import logging
from datetime import datetime
from typing import Any

import pytest

from waybill import logs, trace
from waybill.api_keys import new_api_key
from waybill.ids import uuid7


def line(message: str = "", error: Exception | None = None, **extra: object) -> dict[str, Any]:
    record = logging.getLogger("test").makeRecord(
        "test",
        logging.INFO,
        "file",
        1,
        message,
        (),
        (type(error), error, None) if error else None,
        extra=extra,
    )
    text = logs.JsonFormatter("orders").format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_line_has_time_level_logger_message_and_service() -> None:
    written = line("hello")
    assert datetime.fromisoformat(written.pop("time")).tzinfo is not None
    assert written == {
        "level": "INFO",
        "logger": "test",
        "message": "hello",
        "service": "orders",
    }


def test_line_carries_what_the_work_belongs_to() -> None:
    with trace.within(None) as context, logs.bound(order_id="o-1"), logs.bound(event_id="e-1"):
        written = line()
    assert written["trace_id"] == context.trace_id
    assert (written["order_id"], written["event_id"]) == ("o-1", "e-1")
    assert not line().keys() & {"trace_id", "order_id", "event_id"}


def test_extra_cannot_overwrite_what_every_line_has() -> None:
    written = line("hello", service="other", quantity=3)
    assert (written["service"], written["quantity"]) == ("orders", 3)


def test_exception_is_told_with_its_stack() -> None:
    error = line(error=LookupError("no such order"))["error"]
    assert (error["type"], error["message"]) == ("LookupError", "no such order")
    assert "LookupError: no such order" in error["stack"]


@pytest.mark.parametrize(
    "message",
    [
        "cannot connect to postgresql://orders:hunter2@127.0.0.1/orders",
        "cannot connect to postgresql://:hunter2@/orders",
        "Authorization: Bearer hunter2",
        "authorization: basic hunter2hunter2==",
        "password=hunter2 host=db",
        "?access_token=hunter2&x=1",
    ],
)
def test_secret_is_blotted_out_wherever_it_stands(message: str) -> None:
    assert "hunter2" not in json.dumps(line(message))
    assert "hunter2" not in json.dumps(line(error=ValueError(message)))
    assert "hunter2" not in json.dumps(line(detail={"deep": message}))


@pytest.mark.parametrize(
    "message",
    ["ann.lee@example.com", "a mail to <ann.lee+1@shop.example.com>", "to=ann.lee@example.com, 5"],
)
def test_email_address_is_masked(message: str) -> None:
    for written in (line(message), line(error=ValueError(message)), line(detail={"to": message})):
        assert "ann" not in json.dumps(written)
        assert "example.com" in json.dumps(written)


def test_text_with_an_at_sign_that_is_no_address_is_kept() -> None:
    assert line("@override at 5@x, postgresql://db@/orders")["message"] == (
        "@override at 5@x, postgresql://db@/orders"
    )


def test_api_key_is_masked_by_its_prefix() -> None:
    key = new_api_key(uuid7())
    secret = key.text.split("_")[2]
    assert secret not in json.dumps(line(f"called with {key.text}, which is unknown"))
    assert secret not in json.dumps(line(error=LookupError(key.text)))


def test_secret_is_masked_by_its_name() -> None:
    named = {"database_password": 'hunt"er2', "headers": {"Authorization": "hunter2"}}
    written = line(n=1, **named)  # type: ignore[arg-type]  # names that cannot be written bare
    assert "er2" not in json.dumps(written)
    assert written["n"] == 1


def test_line_is_written_when_a_value_is_no_unicode_or_endless() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert line("a\ud800b", thing=endless)["service"] is not None


def test_configured_logging_writes_lines_from_the_level_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure("orders", "WARNING")
        logging.getLogger("x").info("not this")
        logging.getLogger("x").warning("this")
    finally:
        root.handlers[:], root.level = handlers, level
    (written,) = capsys.readouterr().out.splitlines()
    assert json.loads(written)["message"] == "this"
