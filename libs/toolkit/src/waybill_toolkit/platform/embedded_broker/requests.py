"""Dispatches each request to its handler.

A request has the fields of the protocol, an answer is a tuple of those fields in their order
(https://kafka.apache.org/protocol). Each request is supported in one version, the simplest that is
sufficient, Metadata in all that clients ask with, and those of groups in older ones too: librdkafka
2.0 joins no group of a broker without them. Clients negotiate versions by ApiVersions. aiokafka, a
client library, defines the wire format.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from aiokafka.protocol import (  # type: ignore[import-untyped]
    admin,
    commit,
    coordination,
    group,
    offset,
)

from waybill_toolkit.platform.embedded_broker import hot_requests
from waybill_toolkit.platform.embedded_broker.error_codes import (
    UNSUPPORTED_VERSION,
    Answer,
    Answering,
    Request,
)
from waybill_toolkit.platform.embedded_broker.group_requests import GroupRequests, Groups
from waybill_toolkit.platform.embedded_broker.handlers import (
    Handlers,
    Kind,
    UnreadableError,
    by_schema,
)
from waybill_toolkit.platform.embedded_broker.home import offsets_of, topics_of
from waybill_toolkit.platform.embedded_broker.log_requests import LogRequests
from waybill_toolkit.platform.embedded_broker.login import Login, after_login
from waybill_toolkit.platform.embedded_broker.metadata import Node, metadata_handlers
from waybill_toolkit.platform.embedded_broker.topic_requests import TopicRequests
from waybill_toolkit.platform.embedded_broker.topics import Topics
from waybill_toolkit.platform.embedded_broker.users import ANYBODY, User, Users


class JoinGroupRequest_v3(group.JoinGroupRequest_v2):  # type: ignore[misc] # noqa: N801 - as aiokafka's
    """The fields of version 2; aiokafka leaves versions out that add none."""

    API_VERSION = 3


class JoinGroupRequest_v4(group.JoinGroupRequest_v2):  # type: ignore[misc] # noqa: N801
    """The same. A broker may ask a member to join again with its id; this one does not."""

    API_VERSION = 4


class SyncGroupRequest_v2(group.SyncGroupRequest_v1):  # type: ignore[misc] # noqa: N801
    """The fields of version 1."""

    API_VERSION = 2


_NODE: Final = 1
_CLUSTER: Final = "waybill"


class Requests:
    """A broker with one node; clients connect to it at `host` and `port`.

    Without `users` it does not ask who connects.
    """

    def __init__(self, home: Path, host: str, port: int, users: Users | None = None) -> None:
        self._node = Node(_NODE, host, port, _CLUSTER)
        self._topics = Topics(topics_of(home))
        self._groups = Groups(offsets_of(home))
        self._users = users
        self._of_anybody = self._handlers(ANYBODY)
        self._versions = _versions(self._of_anybody)

    @property
    def has_users(self) -> bool:
        """Whether clients have to log in."""
        return self._users is not None

    def handlers(self, on_login: Callable[[Handlers], None]) -> Handlers:
        """Return the handlers of a new connection.

        If its user has to log in, `on_login` gets the handlers of that user later.
        """
        if self._users is None:
            return self._of_anybody
        login = Login(self._users, lambda user: on_login(self._handlers(user)))
        return {**_by_schema({admin.ApiVersionRequest_v0: self._api_versions}), **login.handlers()}

    def versions(self) -> list[tuple[int, int, int]]:
        """Return the supported requests with their lowest and highest versions."""
        return self._versions

    def refusal(self, key: int, version: int) -> bytes:
        """Answer an ApiVersions request of an unsupported version, as Kafka does (KIP-35).

        Raises UnreadableError for any other request, also for one that comes before the login.
        """
        if key != admin.ApiVersionRequest_v0.API_KEY:
            before = " before SASL authentication" if (key, version) in self._of_anybody else ""
            raise UnreadableError(f"request {key} in version {version} is not supported{before}")
        answer = admin.ApiVersionRequest_v0.RESPONSE_TYPE(UNSUPPORTED_VERSION, self._versions)
        encoded: bytes = answer.encode()
        return encoded

    def _handlers(self, user: User) -> Handlers:
        topics = TopicRequests(self._topics, self._node, user)
        logs = LogRequests(self._topics, user)
        groups = GroupRequests(self._groups, user)
        by_kind: Mapping[Kind, Answering] = {
            admin.ApiVersionRequest_v0: self._api_versions,
            admin.CreateTopicsRequest_v1: topics.create_topics,
            commit.OffsetCommitRequest_v2: groups.offset_commit,
            commit.OffsetFetchRequest_v3: groups.offset_fetch,
            coordination.FindCoordinatorRequest_v1: topics.find_coordinator,
            group.HeartbeatRequest_v1: groups.heartbeat,
            group.JoinGroupRequest_v5: groups.join_group,
            group.LeaveGroupRequest_v1: groups.leave_group,
            group.SyncGroupRequest_v3: groups.sync_group,
            offset.OffsetRequest_v1: logs.list_offsets,
        }
        return {
            hot_requests.PRODUCE: logs.produce,
            hot_requests.FETCH: logs.fetch,
            **metadata_handlers(self._node, topics.describe),
            **_by_schema(by_kind),
            **after_login(),
        }

    async def _api_versions(self, _: Request) -> Answer:
        return 0, self._versions


def _versions(handled: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
    versions: defaultdict[int, list[int]] = defaultdict(list)
    for key, version in handled:
        versions[key].append(version)
    return [(key, min(known), max(known)) for key, known in sorted(versions.items())]


_OLDER: Final[Mapping[Kind, Sequence[Kind]]] = {
    commit.OffsetFetchRequest_v3: (commit.OffsetFetchRequest_v1, commit.OffsetFetchRequest_v2),
    coordination.FindCoordinatorRequest_v1: (coordination.FindCoordinatorRequest_v0,),
    group.HeartbeatRequest_v1: (group.HeartbeatRequest_v0,),
    group.JoinGroupRequest_v5: (
        group.JoinGroupRequest_v0,
        group.JoinGroupRequest_v1,
        group.JoinGroupRequest_v2,
        JoinGroupRequest_v3,
        JoinGroupRequest_v4,
    ),
    group.LeaveGroupRequest_v1: (group.LeaveGroupRequest_v0,),
    group.SyncGroupRequest_v3: (
        group.SyncGroupRequest_v0,
        group.SyncGroupRequest_v1,
        SyncGroupRequest_v2,
    ),
}


def _by_schema(by_kind: Mapping[Kind, Answering]) -> Handlers:
    return {
        (kind.API_KEY, kind.API_VERSION): by_schema(kind, handler)
        for kind, handler in [*by_kind.items(), *_older(by_kind)]
    }


def _older(by_kind: Mapping[Kind, Answering]) -> Iterator[tuple[Kind, Answering]]:
    """Return handlers for older versions: their answers have fewer fields of the same names."""

    def shortened(answering: Answering, names: Sequence[str], wanted: Sequence[str]) -> Answering:
        async def answer(request: Request) -> Answer:
            fields = dict(zip(names, await answering(request), strict=True))
            return tuple(fields[name] for name in wanted)

        return answer

    for newest, answering in by_kind.items():
        names = newest.RESPONSE_TYPE.SCHEMA.names
        for old in _OLDER.get(newest, ()):
            yield old, shortened(answering, names, old.RESPONSE_TYPE.SCHEMA.names)
