"""Permissions on a Kafka cluster: its ACLs.

https://kafka.apache.org/protocol (DescribeAcls, CreateAcls) and its types of resources, patterns,
operations and permissions.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from aiokafka.client import AIOKafkaClient  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError, for_code  # type: ignore[import-untyped]
from aiokafka.protocol.admin import (  # type: ignore[import-untyped]
    CreateAclsRequest,
    DescribeAclsRequest,
)

from waybill.kafka.security import KafkaSecurity
from waybill_toolkit.platform.embedded_broker.permissions import ANY, Permissions
from waybill_toolkit.platform.errors import PlatformError

Resource: TypeAlias = Literal["topic", "group"]
Operation: TypeAlias = Literal["read", "write", "create", "describe"]

_RESOURCES: Final[dict[int, Resource]] = {2: "topic", 3: "group"}
_OPERATIONS: Final[dict[int, Operation]] = {3: "read", 4: "write", 5: "create", 8: "describe"}
_ANY: Final = 1
_LITERAL: Final = 3
_PREFIXED: Final = 4
_ALLOW: Final = 3
_ANY_HOST: Final = "*"
_SECURITY_DISABLED: Final = 54


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """Permission for one operation of a principal on a resource.

    The name `*` is that of all resources, `reader*` of those whose names begin with `reader`.
    """

    principal: str
    resource: Resource
    name: str
    operation: Operation


def acls_of(user: str, permissions: Permissions, prefix: str = "") -> Iterator[Acl]:
    """Return permissions as Kafka has them: describing is needed for everything else.

    `prefix` is what the names of topics and groups begin with on the cluster.
    """
    principal = f"User:{user}"
    operations: dict[Operation, tuple[str, ...]] = {
        "write": permissions.write,
        "read": permissions.read,
        "create": permissions.create,
    }
    for operation, names in operations.items():
        for name in names:
            yield Acl(principal, "topic", prefix + name, operation)
            yield Acl(principal, "topic", prefix + name, "describe")
    for name in permissions.join:
        yield Acl(principal, "group", prefix + name, "read")


class Acls:
    """The permissions of a cluster."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client

    async def read(self) -> list[Acl]:
        """Return them. Raises PlatformError, also when the cluster checks none."""
        answer = await self._ask(DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ALLOW))
        if answer.error_code == _SECURITY_DISABLED:
            raise PlatformError("The brokers check no permissions: leave --acls away.")
        raise_for(answer.error_code, "The permissions cannot be read")
        return [
            Acl(principal, _RESOURCES[kind], _shown(name, pattern), _OPERATIONS[operation])
            for kind, name, pattern, acls in answer.resources
            for principal, _, operation, _ in acls
            if kind in _RESOURCES and operation in _OPERATIONS
        ]

    async def allow(self, acls: Iterable[Acl]) -> None:
        """Give permissions. Raises PlatformError."""
        for acl in acls:
            for code, *_ in (await self._ask(_creation(acl))).creation_responses:
                raise_for(code, f"{acl.principal} cannot be allowed to {acl.operation} {acl.name}")

    async def _ask(self, request: Any) -> Any:  # noqa: ANN401 - aiokafka is untyped
        return await self._client.send(self._client.get_random_node(), request)


@asynccontextmanager
async def acls_at(bootstrap_servers: str, security: KafkaSecurity) -> AsyncIterator[Acls]:
    """Connect to a cluster. Raises PlatformError for whatever goes wrong there."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap_servers, **security.arguments())
    try:
        await client.bootstrap()
        yield Acls(client)
    except KafkaError as error:
        raise PlatformError(refused(bootstrap_servers, error)) from error
    finally:
        await client.close()


def refused(bootstrap_servers: str, error: KafkaError) -> str:
    """Return a sentence about an error of a cluster."""
    reason = f"{type(error).__name__}: {error}"
    return f"The brokers at {bootstrap_servers} refused a request, or are away: {reason}"


def raise_for(code: int, what: str) -> None:
    """Raise PlatformError for the error code of an answer."""
    if code:
        raise PlatformError(f"{what}: {for_code(code).__name__}.")


def _creation(acl: Acl) -> CreateAclsRequest:
    kind = next(number for number, each in _RESOURCES.items() if each == acl.resource)
    operation = next(number for number, each in _OPERATIONS.items() if each == acl.operation)
    name, pattern = acl.name, _LITERAL
    if name.endswith(ANY) and name != ANY:
        name, pattern = name.removesuffix(ANY), _PREFIXED
    return CreateAclsRequest(kind, name, pattern, acl.principal, _ANY_HOST, operation, _ALLOW)


def _shown(name: str, pattern: int) -> str:
    return f"{name}{ANY}" if pattern == _PREFIXED else name
