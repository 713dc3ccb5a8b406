"""What each request does.

A request has the fields that the protocol names, an answer is a tuple of those, in their order
(https://kafka.apache.org/protocol). One version of each request is spoken, the simplest that has
what is needed: clients ask which there are (ApiVersions), and take them. How they are laid out as
bytes says aiokafka, a client.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from math import inf
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

from aiokafka.protocol import (  # type: ignore[import-untyped]
    admin,
    commit,
    coordination,
    fetch,
    group,
    metadata,
    offset,
    produce,
)

from waybill.kafka.protocol import NO_UUID, MetadataRequestV12
from waybill_toolkit.platform.embedded_broker.groups import Group, Times
from waybill_toolkit.platform.embedded_broker.home import offsets_of, topics_of
from waybill_toolkit.platform.embedded_broker.logs import Log, kept_topics, make_topic
from waybill_toolkit.platform.embedded_broker.offsets import Offsets
from waybill_toolkit.platform.embedded_broker.segments import CorruptBatchError

Request: TypeAlias = Any
Kind: TypeAlias = Any
"""A request's class; aiokafka is untyped."""
Answer: TypeAlias = tuple[Any, ...]

_NODE: Final = 1
_CLUSTER: Final = "waybill"
_EARLIEST: Final = -2
_NOT_THROTTLED: Final = 0
_NO_TIMESTAMP: Final = -1
_NO_OFFSET: Final = -1
_NOT_ASKED: Final = -2_147_483_648

_OFFSET_OUT_OF_RANGE: Final = 1
_CORRUPT: Final = 2
_UNKNOWN_TOPIC: Final = 3
_INVALID_TOPIC: Final = 17
_STORAGE: Final = 56
_TOPIC_EXISTS: Final = 36
_INVALID_PARTITIONS: Final = 37
_INVALID_CONFIG: Final = 40
UNSUPPORTED_VERSION: Final = 35

_RETENTION_MS: Final = "604800000"
"""Kafka's default, a week."""
_NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
"""Of a topic, by Kafka's rules: it becomes the name of a folder."""


class Requests:
    """One node with all topics and groups; clients are told to reach it at `host` and `port`."""

    def __init__(self, home: Path, host: str, port: int) -> None:
        self._address = _NODE, host, port
        self._folder = topics_of(home)
        self._topics = kept_topics(self._folder)
        self._offsets = Offsets(offsets_of(home))
        self._groups: defaultdict[str, Group] = defaultdict(Group)
        self.handlers: Mapping[Kind, Callable[[Request], Awaitable[Answer]]] = {
            admin.ApiVersionRequest_v0: self.api_versions,
            admin.CreateTopicsRequest_v1: self.create_topics,
            commit.OffsetCommitRequest_v2: self.offset_commit,
            commit.OffsetFetchRequest_v3: self.offset_fetch,
            coordination.FindCoordinatorRequest_v1: self.find_coordinator,
            fetch.FetchRequest_v4: self.fetch,
            group.HeartbeatRequest_v1: self.heartbeat,
            group.JoinGroupRequest_v2: self.join_group,
            group.LeaveGroupRequest_v1: self.leave_group,
            group.SyncGroupRequest_v1: self.sync_group,
            metadata.MetadataRequest_v5: self.metadata,
            MetadataRequestV12: self.metadata_with_ids,
            offset.OffsetRequest_v1: self.list_offsets,
            produce.ProduceRequest_v3: self.produce,
        }

    async def api_versions(self, _: Request) -> Answer:
        """Tell which requests there are, and the lowest and highest version of each."""
        versions: defaultdict[int, list[int]] = defaultdict(list)
        for kind in self.handlers:
            versions[kind.API_KEY].append(kind.API_VERSION)
        return 0, [(key, min(known), max(known)) for key, known in sorted(versions.items())]

    async def metadata(self, request: Request) -> Answer:
        """Tell of nodes and topics; creates none."""
        topics: list[Answer] = [
            (
                error,
                name,
                False,
                [(0, number, _NODE, [_NODE], [_NODE], []) for number in range(count)],
            )
            for error, name, _, count in self._described(request.topics)
        ]
        return _NOT_THROTTLED, [(*self._address, None)], _CLUSTER, _NODE, topics

    async def metadata_with_ids(self, request: Request) -> Answer:
        """Do the same, with the ids of the topics."""
        names = None if request.topics is None else [name for _, name, _ in request.topics]
        topics: list[Answer] = [
            (
                *(error, name, topic_id, False),
                [(0, number, _NODE, 0, [_NODE], [_NODE], [], {}) for number in range(count)],
                *(_NOT_ASKED, {}),
            )
            for error, name, topic_id, count in self._described(names)
        ]
        return _NOT_THROTTLED, [(*self._address, None, {})], _CLUSTER, _NODE, topics, {}

    async def create_topics(self, request: Request) -> Answer:
        """Make topics."""
        return (
            [
                (name, self._create(name, partitions, dict(settings)), None)
                for name, partitions, _, _, settings in request.create_topic_requests
            ],
        )

    async def produce(self, request: Request) -> Answer:
        """Append to logs."""
        topics = [
            (topic, [(number, *self._append(topic, number, data)) for number, data in partitions])
            for topic, partitions in request.topics
        ]
        return topics, _NOT_THROTTLED

    async def fetch(self, request: Request) -> Answer:
        """Read from logs; when there is nothing, wait until there is, or for as long as asked."""
        answer, is_empty = self._read(request)
        if is_empty:
            await self._until_appended(request)
            answer, _ = self._read(request)
        return _NOT_THROTTLED, answer

    async def list_offsets(self, request: Request) -> Answer:
        """Tell where logs begin and end. Times are not looked for."""
        topics = [
            (topic, [(number, *self._offset(topic, number, at)) for number, at in partitions])
            for topic, partitions in request.topics
        ]
        return (topics,)

    async def find_coordinator(self, _: Request) -> Answer:
        """Name the only node there is."""
        return _NOT_THROTTLED, 0, None, *self._address

    async def join_group(self, request: Request) -> Answer:
        """Take a member into its group."""
        times = Times(request.session_timeout / 1000, request.rebalance_timeout / 1000)
        its = self._groups[request.group]
        joined = await its.join(request.member_id, times, dict(request.group_protocols))
        return _NOT_THROTTLED, *joined[:-1], list(joined.members)

    async def sync_group(self, request: Request) -> Answer:
        """Pass on what the leader has decided."""
        its = self._groups[request.group]
        assignments = dict(request.group_assignment)
        synced = await its.sync(request.member_id, request.generation_id, assignments)
        return _NOT_THROTTLED, *synced

    async def heartbeat(self, request: Request) -> Answer:
        """Hear of a member."""
        its = self._groups[request.group]
        return _NOT_THROTTLED, its.heartbeat(request.member_id, request.generation_id)

    async def leave_group(self, request: Request) -> Answer:
        """Let a member go."""
        return _NOT_THROTTLED, self._groups[request.group].leave(request.member_id)

    async def offset_commit(self, request: Request) -> Answer:
        """Note how far a group has got."""
        its = self._groups[request.consumer_group]
        generation = request.consumer_group_generation_id
        refusal = its.refusal_of_commit(request.consumer_id, generation)
        if not refusal:
            places = {
                (topic, number): (at, note)
                for topic, partitions in request.topics
                for number, at, note in partitions
            }
            try:
                self._offsets.commit(request.consumer_group, places)
            except OSError:
                refusal = _STORAGE
        topics = [
            (topic, [(number, refusal) for number, *_ in partitions])
            for topic, partitions in request.topics
        ]
        return (topics,)

    async def offset_fetch(self, request: Request) -> Answer:
        """Tell how far a group has got."""
        offsets = self._offsets.of(request.consumer_group)
        nothing = _NO_OFFSET, ""
        topics = [
            (topic, [(number, *offsets.get((topic, number), nothing), 0) for number in partitions])
            for topic, partitions in request.topics or ()
        ]
        return _NOT_THROTTLED, topics, 0

    def _described(self, names: Iterable[str] | None) -> list[tuple[int, str, UUID, int]]:
        found = []
        for name in sorted(self._topics) if names is None else names:
            topic = self._topics.get(name)
            about = (0, name, topic.id, len(topic.logs)) if topic else None
            found.append(about or (_UNKNOWN_TOPIC, name, NO_UUID, 0))
        return found

    def _create(self, name: str, partitions: int, settings: Mapping[str, str]) -> int:
        if name in self._topics:
            return _TOPIC_EXISTS
        if not _NAME.fullmatch(name):
            return _INVALID_TOPIC
        if partitions < 1:
            return _INVALID_PARTITIONS
        retention_ms = settings.get("retention.ms", _RETENTION_MS)
        try:
            retention_seconds = int(retention_ms) / 1000 if retention_ms != "-1" else inf
            self._topics[name] = make_topic(self._folder, name, partitions, retention_seconds)
        except ValueError:
            return _INVALID_CONFIG
        except OSError:
            return _STORAGE
        return 0

    def _append(self, topic: str, number: int, data: bytes) -> tuple[int, int, int]:
        log = self._log(topic, number)
        if log is None:
            return _UNKNOWN_TOPIC, _NO_OFFSET, _NO_TIMESTAMP
        try:
            return 0, log.append(data), _NO_TIMESTAMP
        except CorruptBatchError:
            return _CORRUPT, _NO_OFFSET, _NO_TIMESTAMP
        except OSError:
            return _STORAGE, _NO_OFFSET, _NO_TIMESTAMP

    def _read(self, request: Request) -> tuple[list[tuple[str, list[Answer]]], bool]:
        """Return the answer, and whether nothing is in it: neither records nor errors."""
        left, is_empty = request.max_bytes, True
        topics = []
        for topic, partitions in request.topics:
            answers: list[Answer] = []
            for number, at, bytes_max in partitions:
                log = self._log(topic, number)
                error = _fault_of(log, at)
                end = log.end if log else _NO_OFFSET
                data = log.read(at, min(bytes_max, left)) if log and not error and left > 0 else b""
                left -= len(data)
                is_empty = is_empty and not error and not data
                answers.append((number, error, end, end, None, data))
            topics.append((topic, answers))
        return topics, is_empty

    async def _until_appended(self, request: Request) -> None:
        appended = asyncio.Event()
        asked = (
            self._log(topic, number)
            for topic, partitions in request.topics
            for number, *_ in partitions
        )
        logs = [log for log in asked if log]
        for log in logs:
            log.readers.add(appended)
        try:
            await asyncio.wait_for(appended.wait(), request.max_wait_time / 1000)
        except TimeoutError:
            pass
        finally:
            for log in logs:
                log.readers.discard(appended)

    def _offset(self, topic: str, number: int, at: int) -> tuple[int, int, int]:
        log = self._log(topic, number)
        if log is None:
            return _UNKNOWN_TOPIC, _NO_TIMESTAMP, _NO_OFFSET
        return 0, _NO_TIMESTAMP, log.start if at == _EARLIEST else log.end

    def _log(self, topic: str, number: int) -> Log | None:
        logs = self._topics[topic].logs if topic in self._topics else []
        return logs[number] if 0 <= number < len(logs) else None


def _fault_of(log: Log | None, offset: int) -> int:
    if log is None:
        return _UNKNOWN_TOPIC
    return 0 if log.start <= offset <= log.end else _OFFSET_OUT_OF_RANGE
