"""The users of the platform's broker: one for each service, one for `waybill`, one for others.

Their passwords are random and made once. Each is in a file of its own below the data folder, which
only the current user of the system can read.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from waybill.kafka.security import KafkaSecurity, SaslMechanism
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.secret_files import SecretFiles, write_new

TOOLKIT: Final = "waybill"
"""The user of the commands of `waybill`. It may do everything."""
READER: Final = "reader"
"""The user for other programs, such as kcat. It may read everything, in groups of its own."""

_GROUP: Final = "kafka"
_FILE: Final = "kafka-users.json"
_PERMISSIONS: Final[Mapping[str, Mapping[str, list[str]]]] = {
    TOOLKIT: {"write": ["*"], "read": ["*"], "create": ["*"], "join": ["*"]},
    READER: {"read": ["*"], "join": [f"{READER}*"]},
}


def users_file(data: Path) -> Path:
    """Return the path of the file that the broker reads."""
    return data / "secrets" / _FILE


def write_users(data: Path, contracts: Mapping[str, Path]) -> None:
    """Write that file. `contracts` are the AsyncAPI documents, by service."""
    passwords = SecretFiles(data, _GROUP)
    entries: dict[str, dict[str, Any]] = {
        **{name: {"contract": str(path)} for name, path in contracts.items()},
        **{name: {"permissions": each} for name, each in _PERMISSIONS.items()},
    }
    document = {
        name: {"password": passwords.password(name), **entry} for name, entry in entries.items()
    }
    following = users_file(data).with_suffix(".new")
    following.unlink(missing_ok=True)
    write_new(following, json.dumps(document))
    following.replace(users_file(data))


_PROTOCOL: Final = "SASL_PLAINTEXT"
_MECHANISMS: Final[Mapping[BrokerKind, SaslMechanism]] = {
    BrokerKind.EMBEDDED: "SCRAM-SHA-256",
    # Kafka reads the passwords for it at each start; those of SCRAM are stored in its own log.
    BrokerKind.KAFKA: "PLAIN",
}


def login_settings(kind: BrokerKind) -> dict[str, str]:
    """Return how users log in; the gateway, which has none, shows it in its documents."""
    return {
        "WAYBILL_KAFKA_SECURITY_PROTOCOL": _PROTOCOL,
        "WAYBILL_KAFKA_SASL_MECHANISM": _MECHANISMS[kind],
    }


def security_of(data: Path, kind: BrokerKind, user: str) -> KafkaSecurity:
    """Return how a user connects to the broker of a data folder."""
    password = SecretFiles(data, _GROUP).password(user)
    return KafkaSecurity(_PROTOCOL, _MECHANISMS[kind], user, password)


def settings_of(data: Path, kind: BrokerKind, user: str) -> dict[str, str]:
    """Return the same as settings of a service, with the file instead of the password."""
    return {
        **login_settings(kind),
        "WAYBILL_KAFKA_SASL_USERNAME": user,
        "WAYBILL_KAFKA_SASL_PASSWORD_FILE": str(SecretFiles(data, _GROUP).file(user)),
    }
