"""The configuration of a node of Kafka (server.properties)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    without users there is no login. `voters` are the ports of all nodes' controllers, by the number
    of the node. `others` are further settings, and override those that are made here.
    """

    folder: Path
    host: str
    port: int
    advertised_port: int
    voters: Mapping[int, int]
    node: int = 1
    passwords: Mapping[str, str]
    administrator: str = "waybill"
    """The user that may do everything, and as which the node itself logs in."""
    others: Mapping[str, str] = field(default_factory=dict)

    def properties(self) -> str:
        """Return the file. It has the passwords."""
        voters = (f"{node}@{self.host}:{port}" for node, port in self.voters.items())
        copies = str(len(self.voters))
        protocol = "SASL_PLAINTEXT" if self.passwords else "PLAINTEXT"
        lines = {
            "process.roles": "broker,controller",
            "node.id": str(self.node),
            "controller.quorum.voters": ",".join(voters),
            "controller.listener.names": "CONTROLLER",
            "listeners": f"CLIENTS://{self.host}:{self.port},"
            f"CONTROLLER://{self.host}:{self.voters[self.node]}",
            "advertised.listeners": f"CLIENTS://{self.host}:{self.advertised_port}",
            "listener.security.protocol.map": f"CLIENTS:{protocol},CONTROLLER:{protocol}",
            "inter.broker.listener.name": "CLIENTS",
            "log.dirs": str(self.folder),
            # Topics come from the contracts: nothing is created by a mistyped name.
            "auto.create.topics.enable": "false",
            # What Kafka itself stores has a copy on each node, and few files.
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": "1",
            # A group has few members, which start together.
            "group.initial.rebalance.delay.ms": "0",
            # As short as the platform's setting for services; the default is 6 s.
            "group.min.session.timeout.ms": "1000",
            **self._login(),
            **self.others,
        }
        return "".join(f"{name}={value}\n" for name, value in lines.items())

    def _login(self) -> dict[str, str]:
        if not self.passwords:
            return {}
        users = " ".join(f'user_{name}="{each}"' for name, each in self.passwords.items())
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        own = f'username="{self.administrator}" password="{self.passwords[self.administrator]}"'
        return {
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.clients.plain.sasl.jaas.config": f"{module} required {own} {users};",
            "listener.name.controller.plain.sasl.jaas.config": f"{module} required {own} {users};",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{self.administrator}",
        }
