"""The files of the servers: users and databases for PostgreSQL, the configuration of a Kafka."""

from collections.abc import Mapping
from typing import Final

from waybill_toolkit.platform.broker_users import TOOLKIT

KAFKA_PORT: Final = 9092
_CONTROLLER: Final = "localhost:9093"
_LOGIN_MODULE: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"
KAFKA_FILES: Final = "/mnt/shared/config"
"""Where the image apache/kafka reads its configuration."""

_DATABASE: Final = """\
SELECT 'CREATE ROLE "{name}" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') \\gexec
ALTER ROLE "{name}" PASSWORD '{password}';
SELECT 'CREATE DATABASE "{name}" OWNER "{name}"'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
REVOKE ALL ON DATABASE "{name}" FROM PUBLIC;
"""  # noqa: E501 - \gexec ends its line


def databases_sql(passwords: Mapping[str, str]) -> str:
    """Return a script for psql: a role and a database for each service, again without harm.

    Names of services and the random passwords have no character that SQL quotes.
    """
    statements = (_DATABASE.format(name=each, password=word) for each, word in passwords.items())
    return "\\set ON_ERROR_STOP on\n" + "".join(statements)


def kafka_properties(host: str, passwords: Mapping[str, str]) -> str:
    """Return server.properties of one node: SASL_SSL, a user for each service, permissions."""
    users = " ".join(f'user_{name}="{each}"' for name, each in passwords.items())
    own = f'username="{TOOLKIT}" password="{passwords[TOOLKIT]}"'
    login = f"{_LOGIN_MODULE} required {own} {users};"
    lines = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{_CONTROLLER}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"CLIENTS://:{KAFKA_PORT},CONTROLLER://{_CONTROLLER}",
        "advertised.listeners": f"CLIENTS://{host}:{KAFKA_PORT}",
        "listener.security.protocol.map": "CLIENTS:SASL_SSL,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "CLIENTS",
        "log.dirs": "/var/lib/kafka/data",
        # Topics come from the contracts: `waybill topics apply` creates them.
        "auto.create.topics.enable": "false",
        # One node: what Kafka itself stores has one copy.
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": f"{KAFKA_FILES}/keystore.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": f"{KAFKA_FILES}/ca.crt",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.clients.plain.sasl.jaas.config": login,
        "listener.name.controller.plain.sasl.jaas.config": login,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{TOOLKIT}",
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())
