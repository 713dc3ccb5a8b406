"""Dispatches each request to its handler.

A request has the fields of the protocol, an answer is a tuple of those fields in their order
(https://kafka.apache.org/protocol). Each request is supported in one version, the simplest that is
sufficient, Metadata in all that clients ask with, and those of groups in older ones too: librdkafka
2.0 joins no group of a broker without them. Clients negotiate versions by ApiVersions. aiokafka, a
client library, defines the wire format.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from aiokafka.protocol import (  # type: ignore[import-untyped]
    admin,
    commit,
    coordination,
    group,
    offset,
)

from waybill_toolkit.platform.embedded_broker import hot_requests
from waybill_toolkit.platform.embedded_broker.error_codes import Answer, Request
from waybill_toolkit.platform.embedded_broker.group_requests import GroupRequests
from waybill_toolkit.platform.embedded_broker.handlers import Handler, Kind, by_schema
from waybill_toolkit.platform.embedded_broker.home import offsets_of, topics_of
from waybill_toolkit.platform.embedded_broker.log_requests import LogRequests
from waybill_toolkit.platform.embedded_broker.metadata import metadata_handlers
from waybill_toolkit.platform.embedded_broker.topic_requests import TopicRequests

_Answering: TypeAlias = Callable[[Request], Awaitable[Answer]]


class Requests:
    """A broker with one node; clients connect to it at `host` and `port`."""

    def __init__(self, home: Path, host: str, port: int) -> None:
        topics = TopicRequests(topics_of(home), host, port)
        logs = LogRequests(topics)
        groups = GroupRequests(offsets_of(home))
        by_kind: Mapping[Kind, _Answering] = {
            admin.ApiVersionRequest_v0: self._api_versions,
            admin.CreateTopicsRequest_v1: topics.create_topics,
            commit.OffsetCommitRequest_v2: groups.offset_commit,
            commit.OffsetFetchRequest_v3: groups.offset_fetch,
            coordination.FindCoordinatorRequest_v1: topics.find_coordinator,
            group.HeartbeatRequest_v1: groups.heartbeat,
            group.JoinGroupRequest_v2: groups.join_group,
            group.LeaveGroupRequest_v1: groups.leave_group,
            group.SyncGroupRequest_v1: groups.sync_group,
            offset.OffsetRequest_v1: logs.list_offsets,
        }
        self.handlers: Mapping[tuple[int, int], Handler] = {
            hot_requests.PRODUCE: logs.produce,
            hot_requests.FETCH: logs.fetch,
            **metadata_handlers(topics.node, topics.describe),
            **{
                (kind.API_KEY, kind.API_VERSION): by_schema(kind, handler)
                for kind, handler in [*by_kind.items(), *_older(by_kind)]
            },
        }
        """By the key and the version of the request."""

    def versions(self) -> list[tuple[int, int, int]]:
        """Return the supported requests with their lowest and highest versions."""
        versions: defaultdict[int, list[int]] = defaultdict(list)
        for key, version in self.handlers:
            versions[key].append(version)
        return [(key, min(known), max(known)) for key, known in sorted(versions.items())]

    async def _api_versions(self, _: Request) -> Answer:
        return 0, self.versions()


_OLDER: Final[Mapping[Kind, Sequence[Kind]]] = {
    commit.OffsetFetchRequest_v3: (commit.OffsetFetchRequest_v1, commit.OffsetFetchRequest_v2),
    coordination.FindCoordinatorRequest_v1: (coordination.FindCoordinatorRequest_v0,),
    group.HeartbeatRequest_v1: (group.HeartbeatRequest_v0,),
    group.JoinGroupRequest_v2: (group.JoinGroupRequest_v0, group.JoinGroupRequest_v1),
    group.LeaveGroupRequest_v1: (group.LeaveGroupRequest_v0,),
    group.SyncGroupRequest_v1: (group.SyncGroupRequest_v0,),
}


def _older(by_kind: Mapping[Kind, _Answering]) -> Iterator[tuple[Kind, _Answering]]:
    """Return handlers for older versions: their answers have fewer fields of the same names."""

    def shortened(answering: _Answering, names: Sequence[str], wanted: Sequence[str]) -> _Answering:
        async def answer(request: Request) -> Answer:
            fields = dict(zip(names, await answering(request), strict=True))
            return tuple(fields[name] for name in wanted)

        return answer

    for newest, olds in _OLDER.items():
        names = newest.RESPONSE_TYPE.SCHEMA.names
        for old in olds:
            yield old, shortened(by_kind[newest], names, old.RESPONSE_TYPE.SCHEMA.names)
