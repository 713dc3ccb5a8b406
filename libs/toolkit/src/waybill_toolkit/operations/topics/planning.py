"""The difference between the contracts and a cluster."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from waybill.events import Topic
from waybill_toolkit.platform.apache_kafka.acls import Acl


class Kind(StrEnum):
    """What is different."""

    CREATE = "create"
    LENGTHEN = "lengthen retention"
    SHORTEN = "shorten retention"
    """It deletes records."""
    ADD_PARTITIONS = "add partitions"
    """It moves keys to other partitions: for a while, two consumers may have events of one key."""
    FEWER_PARTITIONS = "fewer partitions"
    """Kafka cannot do it."""
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic of the cluster."""

    partitions: int
    retention_ms: int
    """-1 if records are never deleted."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What may be done beyond the harmless."""

    add_partitions: bool = False
    shorten_retention: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `refusal` says why it is not applied."""

    kind: Kind
    name: str
    detail: str
    topic: Topic | None = None
    acl: Acl | None = None
    refusal: str | None = None


def plan_topics(
    wanted: Iterable[Topic], found: Mapping[str, FoundTopic], allowed: Allowances
) -> Iterator[Change]:
    """Compare topics. What loses records or order needs to be allowed."""
    for topic in wanted:
        existing = found.get(topic.name)
        if existing is None:
            detail = f"{topic.partitions} partitions, {topic.retention_hours} hours"
            yield Change(Kind.CREATE, topic.name, detail, topic)
            continue
        yield from _partitions(topic, existing.partitions, allowed)
        yield from _retention(topic, existing.retention_ms, allowed)


def plan_acls(wanted: Iterable[Acl], found: Iterable[Acl]) -> Iterator[Change]:
    """Return the permissions that are missing. Others are left alone."""
    existing = set(found)
    for acl in wanted:
        if acl not in existing:
            detail = f"{acl.operation} {acl.resource} {acl.name}"
            yield Change(Kind.ALLOW, acl.principal, detail, acl=acl)


def _partitions(topic: Topic, found: int, allowed: Allowances) -> Iterator[Change]:
    detail = f"{found} -> {topic.partitions}"
    if found < topic.partitions:
        refusal = "it moves keys to other partitions: allow it with --add-partitions"
        reason = None if allowed.add_partitions else refusal
        yield Change(Kind.ADD_PARTITIONS, topic.name, detail, topic, refusal=reason)
    if found > topic.partitions:
        refusal = "Kafka cannot remove partitions: change x-partitions in the contract"
        yield Change(Kind.FEWER_PARTITIONS, topic.name, detail, topic, refusal=refusal)


def _retention(topic: Topic, found_ms: int, allowed: Allowances) -> Iterator[Change]:
    wanted_ms = topic.retention_hours * 3_600_000
    if found_ms == wanted_ms:
        return
    shown = "unlimited" if found_ms < 0 else f"{found_ms / 3_600_000:g} hours"
    detail = f"{shown} -> {topic.retention_hours} hours"
    if 0 <= found_ms < wanted_ms:
        yield Change(Kind.LENGTHEN, topic.name, detail, topic)
        return
    refusal = "it deletes records: allow it with --shorten-retention"
    reason = None if allowed.shorten_retention else refusal
    yield Change(Kind.SHORTEN, topic.name, detail, topic, refusal=reason)
