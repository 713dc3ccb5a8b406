"""The environment variables that a service gets from the platform."""

import json
import os

from waybill_toolkit.platform.broker_users import login_settings, settings_of
from waybill_toolkit.platform.identity import IDENTITY, identity_settings
from waybill_toolkit.platform.plan import GATEWAY, Plan, ServicePlan
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.postgres import nearest_postgres_url, postgres_url
from waybill_toolkit.platform.secret_files import SecretFiles

KEY_FOLDER = "token-keys"
"""The folder, among the secrets, of the keys that encrypt payment tokens."""
# A laptop has one caller, which places some 10,000 orders a second at most: 100 times as many.
_RATE_LIMIT_FACTOR = 100_000
# A killed service resumes reading after 7 seconds instead of 11, a started one after 2 instead of
# 3. With shorter timeouts a process that waits for a busy processor would be considered dead.
_SESSION_TIMEOUT_MS = 3_000


def environment_of(plan: Plan, service: ServicePlan) -> dict[str, str]:
    """Compute the environment of a service, which extends that of this process."""
    return {**os.environ, **variables_of(plan, service)}


def variables_of(plan: Plan, service: ServicePlan) -> dict[str, str]:
    """Compute the environment variables that a service gets from the platform."""
    variables = {
        "WAYBILL_SERVICE": service.name,
        "WAYBILL_HOST": LOOPBACK,
        "WAYBILL_PORT": str(service.port),
        "WAYBILL_ACCESS": "open",
        "WAYBILL_UPSTREAMS": _addresses_of_others(plan, service),
        "WAYBILL_TOKEN_KEYS": str(SecretFiles(plan.data).folder(KEY_FOLDER)),
    }
    if service.has_database:
        first, *others = (
            _nearest_database_url(plan, service.name, database)
            for database in plan.databases_of(service.name)
        )
        variables["WAYBILL_DATABASE_URL"] = first
        variables["WAYBILL_MIGRATE"] = "true"  # what `prepare` leaves to the background
        if others:
            variables["WAYBILL_STOCK_DATABASES"] = " ".join(others)
    variables |= _of_broker(plan, service)
    if service.name == GATEWAY:
        variables |= {
            "WAYBILL_RATE_LIMIT_FACTOR": str(_RATE_LIMIT_FACTOR),
        }
    return {**variables, **_of_identity(plan, service), **plan.settings}


def _addresses_of_others(plan: Plan, service: ServicePlan) -> str:
    others = [each.name for each in plan.services if each.name not in (service.name, GATEWAY)]
    return json.dumps(
        {name: f"http://{LOOPBACK}:{plan.port_for_services(name)}" for name in others}
    )


def _of_broker(plan: Plan, service: ServicePlan) -> dict[str, str]:
    if plan.running_broker:  # the environment of this process has the other settings
        return {"WAYBILL_KAFKA_BOOTSTRAP_SERVERS": plan.bootstrap_servers}
    variables = {
        "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:{plan.port_for_services('broker')}",
        "WAYBILL_KAFKA_SESSION_TIMEOUT_MS": str(_SESSION_TIMEOUT_MS),
        "WAYBILL_KAFKA_PARTITIONS_MAX": "1",
    }
    if service.has_events:
        variables |= settings_of(plan.data, plan.broker, service.name)
    elif service.name == GATEWAY:
        variables |= login_settings(plan.broker)
    return variables


def _of_identity(plan: Plan, service: ServicePlan) -> dict[str, str]:
    if service.name != IDENTITY:
        return {}
    others = [each for each in plan.services if each.name not in (GATEWAY, IDENTITY)]
    return identity_settings(plan.data, plan.port_base, [each.http_contract for each in others])


def _nearest_database_url(plan: Plan, service: str, database: str) -> str:
    who = (database, service, SecretFiles(plan.data).password(service))
    fault_proxy = plan.fault_proxies.get("postgres")
    if fault_proxy is None:
        return nearest_postgres_url(plan.data, plan.postgres_port, *who)
    return postgres_url(fault_proxy, *who)
