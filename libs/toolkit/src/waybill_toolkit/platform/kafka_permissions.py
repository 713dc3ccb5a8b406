"""What the users of the platform may do, for Kafka: the embedded broker reads it from contracts."""

import logging
from collections.abc import Mapping
from pathlib import Path

import orjson

from waybill_toolkit.platform.apache_kafka.acls import Acl, acls_at, acls_of
from waybill_toolkit.platform.broker_users import PERMISSIONS, TOOLKIT, security_of
from waybill_toolkit.platform.embedded_broker.permissions import Permissions, permissions_of
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.ports import LOOPBACK


async def give_permissions(plan: Plan, contracts: Mapping[str, Path]) -> bool:
    """Give every user its permissions; False if Kafka cannot do it yet."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is starting
    security = security_of(plan.data, plan.broker, TOOLKIT)
    try:
        async with acls_at(f"{LOOPBACK}:{plan.broker_port}", security) as acls:
            missing = set(_wanted(contracts)) - set(await acls.read())
            await acls.allow(sorted(missing))
    except PlatformError:
        return False
    return True


def _wanted(contracts: Mapping[str, Path]) -> list[Acl]:
    users = {name: _permissions(name, path) for name, path in contracts.items()}
    for name, each in PERMISSIONS.items():
        users[name] = Permissions(**{operation: tuple(names) for operation, names in each.items()})
    return [acl for user, each in users.items() for acl in acls_of(user, each)]


def _permissions(service: str, contract: Path) -> Permissions:
    return permissions_of(service, orjson.loads(contract.read_bytes()))
