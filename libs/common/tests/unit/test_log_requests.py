"""Produce and Fetch have on the wire the form that aiokafka's schemas give them."""

from io import BytesIO
from typing import Any

import pytest
from aiokafka.errors import IncompatibleBrokerVersion  # type: ignore[import-untyped]
from aiokafka.protocol.fetch import (  # type: ignore[import-untyped]
    FetchRequest_v4,
    FetchResponse_v4,
)
from aiokafka.protocol.produce import (  # type: ignore[import-untyped]
    ProduceRequest_v3,
    ProduceResponse_v3,
)
from hypothesis import given
from hypothesis import strategies as st

from waybill.kafka.log_requests import Fetched, FetchRequest, Produced, ProduceRequest

_NUMBERS = st.integers(0, 2**31 - 1)
_OFFSETS = st.integers(-1, 2**63 - 1)
_TOPICS = st.text("abcdefghijklmnopqrstuvwxyz.-0123456789", min_size=1, max_size=249)


def _of_partitions(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    partitions = st.lists(st.tuples(_NUMBERS, values), max_size=3)
    return st.lists(st.tuples(_TOPICS, partitions), max_size=3)


@given(_of_partitions(st.binary(max_size=50)))
def test_produce_is_encoded_as_the_schema_says(batches: Any) -> None:
    ours = ProduceRequest(-1, 10_000, batches)
    theirs = ProduceRequest_v3(None, -1, 10_000, batches)
    assert ours.encode() == theirs.encode()
    head = ours.build_request_header(7, "waybill").encode()
    assert head == theirs.build_request_header(7, "waybill").encode()


@given(_of_partitions(_OFFSETS))
def test_fetch_is_encoded_as_the_schema_says(offsets: Any) -> None:
    ours = FetchRequest(offsets, 200, 9_000)
    wanted = [(topic, [(*each, 9_000) for each in those]) for topic, those in offsets]
    assert ours.encode() == FetchRequest_v4(-1, 200, 1, 9_000, 0, wanted).encode()


@given(_of_partitions(st.tuples(st.integers(-1, 100), _OFFSETS, st.integers(-1, 2**60))))
def test_an_answer_to_produce_is_decoded(answers: Any) -> None:
    sent = [(topic, [(number, *rest) for number, rest in those]) for topic, those in answers]
    data = BytesIO(ProduceResponse_v3(sent, 0).encode())
    assert ProduceRequest.RESPONSE_TYPE.decode(data) == [
        Produced(topic, number, error, offset)
        for topic, those in sent
        for number, error, offset, _ in those
    ]


_ABORTED = st.none() | st.lists(st.tuples(_OFFSETS, _OFFSETS), max_size=3)
_READ = st.tuples(st.integers(-1, 100), _OFFSETS, _OFFSETS, _ABORTED, st.binary(max_size=50))


@given(_of_partitions(_READ))
def test_an_answer_to_fetch_is_decoded(answers: Any) -> None:
    sent = [(topic, [(number, *rest) for number, rest in those]) for topic, those in answers]
    data = BytesIO(FetchResponse_v4(0, sent).encode())
    assert FetchRequest.RESPONSE_TYPE.decode(data) == [
        Fetched(topic, number, error, batches)
        for topic, those in sent
        for number, error, _, _, _, batches in those
    ]


def test_a_broker_without_the_version_is_refused() -> None:
    request = FetchRequest([], 0, 0)
    assert request.prepare({1: (4, 17)}) is request
    unsupported: list[dict[int, tuple[int, int]]] = [{1: (0, 3)}, {1: (5, 17)}, {}]
    for versions in unsupported:
        with pytest.raises(IncompatibleBrokerVersion, match="version 4 of FetchRequest"):
            request.prepare(versions)
