"""Writes deploy/compose.yaml: PostgreSQL, Kafka and all services on one machine, with TLS.

Services and their settings come from the facts. A setting that is required and has no place here is
asked for by name, so a service of one's own needs an entry in `.env`, not an edit.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml
from typing_extensions import override

from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.chart.services_file import NOTICE
from waybill_toolkit.contracts.generate.names import GATEWAY

Json = dict[str, Any]

POSTGRES_IMAGE: Final = "docker.io/library/postgres:18"
KAFKA_IMAGE: Final = "docker.io/apache/kafka:4.4.0"
_IMAGE: Final = "${WAYBILL_IMAGE:-localhost/waybill:latest}"
_PORT: Final = 8000
_PUBLIC_PORT: Final = "${WAYBILL_PORT:-8000}"

_HOW_TO: Final = """\
# PostgreSQL, Kafka and all services on one machine:
#     make image && waybill secrets && docker compose -f deploy/compose.yaml up --detach
# See docs/images.md. Your own changes go into deploy/compose.override.yaml.
"""

_SECRETS: Final = "/run/secrets"
_CA: Final = "./secrets/ca:/run/secrets/ca:ro"
_CA_FILE: Final = f"{_SECRETS}/ca/ca.crt"
_STATE: Final = "/var/lib/waybill"

_PLACES: Final[Mapping[str, tuple[str, str | None]]] = {
    "WAYBILL_ACCESS": (f"{_SECRETS}/access/tokens.json", "./secrets/access:{folder}:ro"),
    "WAYBILL_INDEX_KEY": (f"{_SECRETS}/identity/index-key", "./secrets/identity:{folder}:ro"),
    "WAYBILL_KEY_ENCRYPTION_KEYS": (
        f"{_SECRETS}/identity-keys",
        "./secrets/identity-keys:{path}:ro",
    ),
    "WAYBILL_TOKEN_KEYS": (f"{_STATE}/token-keys", "token-keys:{path}"),
    "WAYBILL_MAIL_FOLDER": (f"{_STATE}/mail", "mail:{path}"),
    "WAYBILL_PUBLIC_URL": (f"http://localhost:{_PUBLIC_PORT}", None),
}
"""The value of a setting, and what is mounted for it."""

_CONFINED: Final[Json] = {
    "read_only": True,
    "tmpfs": ["/tmp"],  # noqa: S108 - that of the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}
_KAFKA: Final[Json] = {
    "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "WAYBILL_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "WAYBILL_KAFKA_SASL_MECHANISM": "PLAIN",
}
_ASK: Final = (
    "import urllib.request as it; it.urlopen('http://127.0.0.1:8000/health/ready', timeout=5)"
)


def compose_file(facts: Iterable[ServiceFacts]) -> str:
    """Return the file."""
    facts = list(facts)
    services = {
        **_servers(),
        **{each.name: _service(each, facts) for each in facts},
        "waybill": _command(),
    }
    volumes = dict.fromkeys(("postgres", "kafka", "token-keys", "mail"))
    document = {"name": "waybill", "services": services, "volumes": volumes}
    return f"{NOTICE}{_HOW_TO}{yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=100)}"


class _Dumper(yaml.SafeDumper):
    """Repeats what is equal, instead of pointing to it."""

    @override
    def ignore_aliases(self, data: object) -> bool:
        return True


def _servers() -> Json:
    key = "/var/lib/postgresql/tls.key"
    serve = (
        # The server wants a key of its own user, and a mounted file has the owner of the host's.
        f"install -o postgres -g postgres -m 600 {_SECRETS}/postgres/tls.key {key}"
        " && exec docker-entrypoint.sh postgres -c ssl=on"
        f" -c ssl_cert_file={_SECRETS}/postgres/tls.crt -c ssl_key_file={key}"
    )
    connection = f"host=postgres user=postgres sslmode=verify-full sslrootcert={_CA_FILE}"
    create = (
        f"PGPASSWORD=$$(cat {_SECRETS}/postgres/password)"
        f" exec psql -q '{connection}' -f {_SECRETS}/postgres/databases.sql"
    )
    return {
        "postgres": {
            "image": POSTGRES_IMAGE,
            "entrypoint": ["bash", "-c", serve],
            "environment": {"POSTGRES_PASSWORD_FILE": f"{_SECRETS}/postgres/password"},
            "volumes": [
                f"./secrets/postgres:{_SECRETS}/postgres:ro",
                "postgres:/var/lib/postgresql",
            ],
            # By TCP: while it is set up, the server listens on a socket only.
            "healthcheck": _health("pg_isready", "-h", "127.0.0.1", "-U", "postgres"),
            "restart": "unless-stopped",
        },
        "databases": {
            "image": POSTGRES_IMAGE,
            "entrypoint": ["bash", "-c", create],
            "volumes": [_CA, f"./secrets/postgres:{_SECRETS}/postgres:ro"],
            "depends_on": {"postgres": {"condition": "service_healthy"}},
        },
        "kafka": {
            "image": KAFKA_IMAGE,
            "volumes": ["./secrets/broker:/mnt/shared/config:ro", "kafka:/var/lib/kafka/data"],
            "healthcheck": _health("bash", "-c", "</dev/tcp/127.0.0.1/9092"),
            "restart": "unless-stopped",
        },
        "topics": {
            "image": _IMAGE,
            "command": ["waybill_toolkit", "topics", "apply", "--acls"],
            **_CONFINED,
            "environment": {**_KAFKA, **_user("waybill"), "WAYBILL_KAFKA_SSL_CA": _CA_FILE},
            "volumes": [_CA, _password("waybill")],
            "depends_on": {"kafka": {"condition": "service_healthy"}},
        },
    }


def _command() -> Json:
    """Return what `docker compose run waybill audit ...` runs."""
    return {
        "image": _IMAGE,
        "profiles": ["commands"],
        "entrypoint": ["waybill"],
        **_CONFINED,
        "environment": {"PGSSLROOTCERT": _CA_FILE},
        "volumes": [_CA, f"./secrets/databases:{_SECRETS}/databases:ro"],
    }


def _service(facts: ServiceFacts, all_facts: Iterable[ServiceFacts]) -> Json:
    environment, volumes = _settings(facts, all_facts)
    completed = {"condition": "service_completed_successfully"}
    needed = [("databases", facts.has_database), ("topics", _has_events(facts))]
    needs = {name: completed for name, is_needed in needed if is_needed}
    return {
        "image": _IMAGE,
        "command": [facts.name],
        **_CONFINED,
        "environment": environment,
        "volumes": volumes,
        **({"ports": [f"127.0.0.1:{_PUBLIC_PORT}:{_PORT}"]} if facts.name == GATEWAY else {}),
        **({"depends_on": needs} if needs else {}),
        "healthcheck": _health("python3", "-c", _ASK),
        "stop_grace_period": "20s",
        "restart": "unless-stopped",
    }


def _settings(
    facts: ServiceFacts, all_facts: Iterable[ServiceFacts]
) -> tuple[dict[str, str], list[str]]:
    """Return the environment and the volumes of a service."""
    environment: dict[str, str] = {}
    volumes = [_CA]
    if facts.has_database:
        environment["WAYBILL_DATABASE_URL_FILE"] = f"{_SECRETS}/database"
        environment["PGSSLROOTCERT"] = _CA_FILE
        volumes.append(f"./secrets/databases/{facts.name}:{_SECRETS}/database:ro")
    environment |= {name: value for name, value in _KAFKA.items() if name in facts.settings}
    if _has_events(facts):
        environment |= {**_user(facts.name), "WAYBILL_KAFKA_SSL_CA": _CA_FILE}
        volumes.append(_password(facts.name))
    if "WAYBILL_UPSTREAMS" in facts.settings:
        others = [each.name for each in all_facts if facts.name in each.callers]
        upstreams = {name: f"http://{name}:{_PORT}" for name in others}
        environment["WAYBILL_UPSTREAMS"] = json.dumps(upstreams)
    for name, setting in facts.settings.items():
        if name in _PLACES:
            path, mount = _PLACES[name]
            is_secret = setting["kind"] == "secret"
            environment[f"{name}_FILE" if is_secret else name] = path
            if mount:
                folder = path.rpartition("/")[0]
                volumes.append(mount.format(path=path, folder=folder))
        elif setting.get("required") and not environment.keys() & {name, f"{name}_FILE"}:
            variable = f"{facts.name}_{name}".upper()
            environment[name] = f"${{{variable}:?set it in deploy/.env}}"
    return environment, volumes


def _has_events(facts: ServiceFacts) -> bool:
    return bool(facts.sends or facts.receives)


def _user(name: str) -> dict[str, str]:
    return {
        "WAYBILL_KAFKA_SASL_USERNAME": name,
        "WAYBILL_KAFKA_SASL_PASSWORD_FILE": f"{_SECRETS}/kafka",
    }


def _password(user: str) -> str:
    return f"./secrets/kafka/{user}:{_SECRETS}/kafka:ro"


def _health(*command: str) -> Json:
    return {
        "test": ["CMD", *command],
        "interval": "10s",
        "timeout": "10s",
        "retries": 3,
        "start_period": "10m",
        "start_interval": "2s",
    }
