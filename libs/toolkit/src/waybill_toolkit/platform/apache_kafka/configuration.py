"""The configuration of a Kafka of one node (server.properties)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOG4J: Final = """\
status=warn
appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.stdout.ref=stdout
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What differs between nodes.

    Clients connect to `advertised_port`. `passwords` are those of the users, who log in by PLAIN;
    without users there is no login.
    """

    folder: Path
    host: str
    port: int
    advertised_port: int
    controller_port: int
    passwords: Mapping[str, str]

    def properties(self) -> str:
        """Return the file. It has the passwords."""
        protocol = "SASL_PLAINTEXT" if self.passwords else "PLAINTEXT"
        lines = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{self.host}:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"CLIENTS://{self.host}:{self.port},"
            f"CONTROLLER://{self.host}:{self.controller_port}",
            "advertised.listeners": f"CLIENTS://{self.host}:{self.advertised_port}",
            "listener.security.protocol.map": f"CLIENTS:{protocol},CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "CLIENTS",
            "log.dirs": str(self.folder),
            # Topics come from the contracts: nothing is created by a mistyped name.
            "auto.create.topics.enable": "false",
            # One node: what Kafka itself stores has one copy and few files.
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            # A group has few members, which start together.
            "group.initial.rebalance.delay.ms": "0",
            # As short as the platform's setting for services; the default is 6 s.
            "group.min.session.timeout.ms": "1000",
            **self._login(),
        }
        return "".join(f"{name}={value}\n" for name, value in lines.items())

    def _login(self) -> dict[str, str]:
        if not self.passwords:
            return {}
        users = " ".join(f'user_{name}="{each}"' for name, each in self.passwords.items())
        broker, password = next(iter(self.passwords.items()))
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        own = f'username="{broker}" password="{password}"'
        return {
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "listener.name.clients.plain.sasl.jaas.config": f"{module} required {own} {users};",
        }
