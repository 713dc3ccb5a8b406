"""The topics of a Kafka cluster: read and changed by its admin requests."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.admin import (  # type: ignore[import-untyped]
    AIOKafkaAdminClient,
    NewPartitions,
    NewTopic,
)
from aiokafka.admin.config_resource import (  # type: ignore[import-untyped]
    ConfigResource,
    ConfigResourceType,
)
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.security import KafkaSecurity
from waybill.kafka.topic_creation import (
    HOUR_MS,
    INVALID_REPLICATION_FACTOR,
    REPLICATION_MAX,
    topic_settings,
)
from waybill_toolkit.operations.topics.planning import Change, FoundTopic, Kind
from waybill_toolkit.platform.apache_kafka.acls import Acls, acls_at, raise_for, refused
from waybill_toolkit.platform.errors import PlatformError

_TOPIC_SOURCE: Final = 1
"""The source of a configuration that was set for the topic."""
_RETENTION: Final = "retention.ms"


class Cluster:
    """A connection to a cluster with the right to describe and alter it."""

    def __init__(self, admin: AIOKafkaAdminClient, acls: Acls) -> None:
        self._admin = admin
        self.acls = acls

    async def topics(self, names: Iterable[str]) -> dict[str, FoundTopic]:
        """Return those of the topics that exist."""
        wanted = set(names)
        existing = await self._admin.describe_topics()
        counts = {each["topic"]: len(each["partitions"]) for each in existing}
        found = [name for name in counts if name in wanted]
        settings = await self._settings(found)
        return {
            name: FoundTopic(counts[name], int(settings[name][_RETENTION][0])) for name in found
        }

    async def apply(self, changes: Sequence[Change]) -> None:
        """Apply the changes that are not refused. Raises PlatformError."""
        admitted = [each for each in changes if each.refusal is None]
        for change in admitted:
            match change:
                case Change(kind=Kind.CREATE, topic=Topic() as topic):
                    await self._create(topic)
                case Change(kind=Kind.ADD_PARTITIONS, topic=Topic() as topic):
                    await self._admin.create_partitions(
                        {topic.name: NewPartitions(topic.partitions)}
                    )
                case Change(topic=Topic() as topic):
                    await self._retain(topic)
                case _:
                    continue  # a permission
        await self.acls.allow(each.acl for each in admitted if each.acl)

    async def _create(self, topic: Topic) -> None:
        code = await self._created(topic, REPLICATION_MAX)
        if code == INVALID_REPLICATION_FACTOR:  # see waybill.kafka.topic_creation
            nodes = len((await self._admin.describe_cluster())["brokers"])
            code = await self._created(topic, min(REPLICATION_MAX, nodes))
        raise_for(code, f"Topic {topic.name} cannot be created")

    async def _created(self, topic: Topic, replication: int) -> int:
        """Ask for a topic with so many replicas; returns the error code."""
        settings = topic_settings(topic, replication)
        new = NewTopic(topic.name, topic.partitions, replication, topic_configs=settings)
        ((_, code, *_),) = (await self._admin.create_topics([new])).topic_errors
        return int(code)

    async def _retain(self, topic: Topic) -> None:
        """Set the retention. The request replaces all settings of a topic, so send them again."""
        found = (await self._settings([topic.name]))[topic.name]
        kept = {name: value for name, (value, source) in found.items() if source == _TOPIC_SOURCE}
        settings = {**kept, _RETENTION: _milliseconds(topic)}
        resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, settings)
        for answer in await self._admin.alter_configs([resource]):
            for code, *_ in answer.resources:
                raise_for(code, f"The retention of {topic.name} cannot be set")

    async def _settings(self, topics: Sequence[str]) -> dict[str, dict[str, tuple[str, int]]]:
        """Return values and sources of the settings of topics."""
        if not topics:
            return {}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
        found: dict[str, dict[str, tuple[str, int]]] = {}
        for answer in await self._admin.describe_configs(wanted):
            for code, _, _, name, entries in answer.resources:
                raise_for(code, f"The settings of {name} cannot be read")
                found[name] = {key: (value, source) for key, value, _, source, *_ in entries}
        return found


@asynccontextmanager
async def opened(bootstrap_servers: str, security: KafkaSecurity) -> AsyncIterator[Cluster]:
    """Connect to a cluster. Raises PlatformError for whatever goes wrong there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **security.arguments())
    try:
        async with acls_at(bootstrap_servers, security) as acls:
            await admin.start()
            yield Cluster(admin, acls)
    except KafkaError as error:
        raise PlatformError(refused(bootstrap_servers, error)) from error
    finally:
        await admin.close()


def _milliseconds(topic: Topic) -> str:
    return str(topic.retention_hours * HOUR_MS)
