"""Idle connections do not keep clients of the broker out, however few files it may open."""

import asyncio
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from waybill.events import Topic
from waybill.kafka.link import BrokerLink, ensure_topics
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.embedded_broker.connections import (
    BACKLOG,
    CONNECTIONS_MAX,
    allow_many_files,
)
from waybill_toolkit.platform.ports import free_port

FEW_FILES = 192
"""The limit of open files with which a flood of idle connections once stopped orders."""
FLOOD = 400


async def test_events_are_written_and_read_during_a_flood_of_idle_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = BrokerServer(tmp_path, free_port())
    program = server.program()
    limited = ["sh", "-c", f'ulimit -n {FEW_FILES}; exec "$@"', "sh", *program.command]
    monkeypatch.setattr(server, "program", lambda: replace(program, command=limited))
    server.start()
    idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(FLOOD)]
    try:
        log = Partition("fruit", 0)
        await ensure_topics(server.bootstrap_servers, [Topic("fruit", 1, 1)])
        link = await BrokerLink.open(server.bootstrap_servers)
        batch = RecordBatch()
        batch.append(0, b"key", b"value", [], 0)
        states = await link.topics(["fruit"])
        assert await link.produce({log: batch.encode()}, states) == {log: 0}
        assert await link.end_offsets([log], states) == {log: 1}
        await link.close()
    finally:
        for _, writer in idle:
            writer.close()
        server.stop()


@pytest.mark.parametrize("files", [20, 10_000])
def test_number_of_connections_leaves_room_for_files(
    monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (FEW_FILES, FEW_FILES))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert 16 <= allow_many_files(files) <= max(16, FEW_FILES - files - BACKLOG)


def test_number_of_connections_has_a_limit_without_a_limit_of_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda _: unlimited)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert allow_many_files(20) == CONNECTIONS_MAX
