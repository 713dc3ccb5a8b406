"""The topics and permissions that the contracts of services ask for."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from waybill.events import Topic
from waybill_toolkit.platform.apache_kafka.acls import Acl, acls_of
from waybill_toolkit.platform.embedded_broker.permissions import permissions_of

Documents: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The bundled AsyncAPI documents, by service."""


def wanted_topics(documents: Documents, prefix: str = "") -> list[Topic]:
    """Return the topics that services own: those whose name begins with that of a service.

    On the cluster, all names begin with `prefix`.
    """
    return [
        Topic(prefix + channel["address"], channel["x-partitions"], channel["x-retention-hours"])
        for service, document in sorted(documents.items())
        for channel in document.get("channels", {}).values()
        if channel["address"].startswith(f"{service}.")
    ]


def wanted_acls(documents: Documents, users: Mapping[str, str], prefix: str = "") -> list[Acl]:
    """Return what each service needs. `users` are their names on the brokers, by service."""
    wanted: set[Acl] = set()
    for service, document in documents.items():
        permissions = permissions_of(service, document)
        wanted |= set(acls_of(users.get(service, service), permissions, prefix))
    return sorted(wanted)
