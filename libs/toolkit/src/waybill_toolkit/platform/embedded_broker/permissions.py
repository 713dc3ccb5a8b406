"""What a user of the broker may do, as in Kafka's ACLs.

For a service it follows from its contract.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Operation: TypeAlias = Literal["write", "read", "create", "describe", "join"]

ANY: Final = "*"
"""The pattern of all names. `reader*` is that of all names that begin with `reader`."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Patterns of names for each operation.

    Whoever may write, read or create a topic may also describe it.
    """

    write: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    create: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    """Consumer groups, also to commit their offsets."""

    def checks(self) -> Mapping[Operation, Callable[[str], bool]]:
        """Return for each operation what decides about a name."""
        return {
            "write": _matching(self.write),
            "read": _matching(self.read),
            "create": _matching(self.create),
            "describe": _matching((*self.write, *self.read, *self.create)),
            "join": _matching(self.join),
        }


EVERYTHING: Final = Permissions((ANY,), (ANY,), (ANY,), (ANY,))


def permissions_of(service: str, contract: Mapping[str, Any]) -> Permissions:
    """Return what a service needs by its bundled AsyncAPI document.

    It writes what it sends, reads what it receives, creates the topics that begin with its name,
    and joins the group that has its name.
    """
    channels: Mapping[str, Any] = contract.get("channels", {})
    operations: Iterable[Mapping[str, Any]] = contract.get("operations", {}).values()

    def topics(action: str) -> tuple[str, ...]:
        names = (each["channel"]["$ref"] for each in operations if each["action"] == action)
        return tuple({channels[name.rpartition("/")[2]]["address"]: None for name in names})

    owned = (each["address"] for each in channels.values())
    return Permissions(
        write=topics("send"),
        read=topics("receive"),
        create=tuple(each for each in owned if each.startswith(f"{service}.")),
        join=(service,),
    )


def _matching(patterns: Iterable[str]) -> Callable[[str], bool]:
    exact = frozenset(each for each in patterns if not each.endswith(ANY))
    prefixes = tuple(each.removesuffix(ANY) for each in patterns if each.endswith(ANY))
    return lambda name: name in exact or name.startswith(prefixes)
