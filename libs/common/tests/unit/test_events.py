"""Events as they travel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from pydantic import BaseModel

from waybill.events import (
    Envelope,
    InvalidPayloadError,
    UnreadableEventError,
    decode_headers,
    decode_payload,
    encode_headers,
    encode_payload,
)

ENVELOPE = Envelope(
    id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    type="orders.order-placed.v1",
    source="orders",
    time=datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC),
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    actor="user:019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41",
)


class Secret(BaseModel):
    token: str
    amount: int


def test_an_envelope_comes_back_as_it_was_sent() -> None:
    assert decode_headers(encode_headers(ENVELOPE)) == ENVELOPE


@pytest.mark.parametrize("time", [b"2026-11-22T01:02:03Z", b"2026-11-22T03:02:03+02:00"])
def test_the_time_is_read_in_every_offset_that_rfc_3339_has(time: bytes) -> None:
    read = decode_headers([*encode_headers(ENVELOPE), ("ce_time", time)]).time
    assert read == datetime(2026, 11, 22, 3, 2, 3, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ce_specversion", b"0.3", "ce_specversion is not 1.0"),
        ("ce_id", b"", "ce_id is missing"),
        ("ce_id", b"17", "ce_id or ce_time is malformed"),
        ("ce_time", b"yesterday", "ce_id or ce_time is malformed"),
        ("ce_time", b"2026-11-22T01:02:03", "ce_time has no offset"),
        ("ce_type", b"\xff", "ce_type is not UTF-8"),
        ("ce_source", b"", "ce_source is missing"),
    ],
)
def test_it_is_unreadable_when_a_required_header_is_wrong(
    name: str, value: bytes, reason: str
) -> None:
    with pytest.raises(UnreadableEventError, match=reason):
        decode_headers([*encode_headers(ENVELOPE), (name, value)])


def test_a_missing_traceparent_is_no_fault() -> None:
    headers = [each for each in encode_headers(ENVELOPE) if each[0] != "traceparent"]
    assert decode_headers(headers).traceparent == ""


def test_an_event_of_an_earlier_release_has_no_actor() -> None:
    headers = [each for each in encode_headers(ENVELOPE) if not each[0].startswith("ce_auth")]
    assert decode_headers(headers) == replace(ENVELOPE, actor=None)


def test_a_payload_comes_back_as_it_was_sent() -> None:
    payload = Secret(token="t", amount=3)  # noqa: S106 - of a test
    assert decode_payload(Secret, encode_payload(payload)) == payload


def test_faults_name_fields_and_quote_no_values() -> None:
    with pytest.raises(InvalidPayloadError) as raised:
        decode_payload(Secret, b'{"token": ["hunter2"], "amount": "hunter2"}')
    assert "/token: string_type" in str(raised.value)
    assert "hunter2" not in str(raised.value)
