"""Requests and answers as bytes on a connection.

One version of each request is spoken: the simplest that has what is needed. Clients ask which
(ApiVersions), and choose it. How they are laid out says aiokafka, a client.
"""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from struct import Struct
from typing import Any, Final
from uuid import UUID

from aiokafka.protocol import admin, commit, coordination, fetch, group, metadata, offset, produce

from waybill.broker_protocol import MetadataRequestV12
from waybill_toolkit.broker.server import Broker

_SIZE: Final = Struct(">i")
_REQUEST_BYTES_MAX: Final = 64 * 1024 * 1024
_NO_OPERATIONS: Final = -2_147_483_648
_HEADER: Final = Struct(">hhih")


def _serve(broker: Broker) -> dict[tuple[int, int], tuple[Any, Callable[[Any], Awaitable[Any]]]]:
    node, host, port = broker.node

    async def versions(_: Any) -> Any:
        known = sorted(table)
        keys = sorted({key for key, _ in known})
        spans = [(k, min(v for a, v in known if a == k), max(v for a, v in known if a == k)) for k in keys]
        return 0, spans

    async def metadata_v1(r: Any) -> Any:
        topics = await broker.metadata(r.topics)
        return [(node, host, port, None)], node, [
            (e, n, False, [(0, i, node, [node], [node]) for i in range(len(t.logs) if t else 0)])
            for e, n, t in topics
        ]

    async def metadata_v5(r: Any) -> Any:
        topics = await broker.metadata(r.topics)
        return 0, [(node, host, port, None)], "waybill", node, [
            (e, n, False, [(0, i, node, [node], [node], []) for i in range(len(t.logs) if t else 0)])
            for e, n, t in topics
        ]

    async def metadata_v12(r: Any) -> Any:
        names = None if r.topics is None else [name for _, name, _ in r.topics]
        topics = await broker.metadata(names)
        return 0, [(node, host, port, None, {})], "waybill", node, [
            (
                e, n, t.id if t else UUID(int=0), False,
                [(0, i, node, 0, [node], [node], [], {}) for i in range(len(t.logs) if t else 0)],
                _NO_OPERATIONS, {},
            )
            for e, n, t in topics
        ], {}

    async def create(r: Any) -> Any:
        return ([(name, broker.create(name, parts), None) for name, parts, *_ in r.create_topic_requests],)

    async def produced(r: Any) -> Any:
        answers = []
        for topic, parts in r.topics:
            found = []
            for number, batches in parts:
                error, first = broker.produce(topic, number, batches)
                found.append((number, error, first, -1))
            answers.append((topic, found))
        return answers, 0

    async def fetched(r: Any) -> Any:
        return 0, await broker.fetch(r.topics, r.max_wait_time / 1000, r.max_bytes)

    async def offsets(r: Any) -> Any:
        answers = []
        for topic, parts in r.topics:
            found = []
            for number, timestamp in parts:
                error, at = broker.offset(topic, number, timestamp)
                found.append((number, error, -1, at))
            answers.append((topic, found))
        return (answers,)

    async def coordinator(_: Any) -> Any:
        return 0, 0, None, node, host, port

    async def join(r: Any) -> Any:
        joined = await broker.group(r.group).join(
            r.member_id, r.session_timeout / 1000, r.rebalance_timeout / 1000, dict(r.group_protocols)
        )
        return 0, *joined[:5], list(joined.members)

    async def sync(r: Any) -> Any:
        synced = await broker.group(r.group).sync(r.member_id, r.generation_id, dict(r.group_assignment))
        return 0, *synced

    async def heartbeat(r: Any) -> Any:
        return 0, broker.group(r.group).heartbeat(r.member_id, r.generation_id)

    async def leave(r: Any) -> Any:
        return 0, broker.group(r.group).leave(r.member_id)

    async def commit_offsets(r: Any) -> Any:
        its = broker.group(r.consumer_group)
        error = its.may_commit(r.consumer_id, r.consumer_group_generation_id)
        if not error:
            its.offsets.update(
                {(topic, number): (at, note) for topic, parts in r.topics for number, at, note in parts}
            )
        return ([(topic, [(number, error) for number, *_ in parts]) for topic, parts in r.topics],)

    async def committed(r: Any) -> Any:
        its = broker.group(r.consumer_group).offsets
        return 0, [
            (topic, [(number, *its.get((topic, number), (-1, "")), 0) for number in parts])
            for topic, parts in r.topics or []
        ], 0

    table = {
        (each.API_KEY, each.API_VERSION): (each, handler)
        for each, handler in {
            admin.ApiVersionRequest_v0: versions,
            metadata.MetadataRequest_v1: metadata_v1,
            metadata.MetadataRequest_v5: metadata_v5,
            MetadataRequestV12: metadata_v12,
            admin.CreateTopicsRequest_v1: create,
            produce.ProduceRequest_v3: produced,
            fetch.FetchRequest_v4: fetched,
            offset.OffsetRequest_v1: offsets,
            coordination.FindCoordinatorRequest_v1: coordinator,
            group.JoinGroupRequest_v2: join,
            group.SyncGroupRequest_v1: sync,
            group.HeartbeatRequest_v1: heartbeat,
            group.LeaveGroupRequest_v1: leave,
            commit.OffsetCommitRequest_v2: commit_offsets,
            commit.OffsetFetchRequest_v3: committed,
        }.items()
    }
    return table


class Connections:
    def __init__(self, broker: Broker) -> None:
        self._table = _serve(broker)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                size, = _SIZE.unpack(await reader.readexactly(4))
                if not 0 < size <= _REQUEST_BYTES_MAX:
                    return
                answer = await self._answer(await reader.readexactly(size))
                if answer is None:
                    return
                writer.write(_SIZE.pack(len(answer)) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, frame: bytes) -> bytes | None:
        key, version, correlation, client = _HEADER.unpack_from(frame)
        found = self._table.get((key, version))
        if found is None:
            if key == 18:
                # ApiVersions is answered in version 0 when the version is not known, with error 35
                kind, handler = self._table[18, 0]
                _, spans = await handler(None)
                return _SIZE.pack(correlation) + kind.RESPONSE_TYPE(35, spans).encode()
            return None
        kind, handler = found
        body = BytesIO(frame)
        body.seek(_HEADER.size + max(0, client))
        tags = b""
        if kind.FLEXIBLE_VERSION:
            body.read(1)  # no tags
            tags = b"\0"
        request = kind.decode(body)
        answer = kind.RESPONSE_TYPE(*await handler(request))
        return _SIZE.pack(correlation) + tags + answer.encode()
