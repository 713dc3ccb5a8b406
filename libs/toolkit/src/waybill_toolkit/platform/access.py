"""Who may call a platform: the bearers of its identity service's tokens, or everybody."""

from dataclasses import replace

from waybill_toolkit.platform.identity import IDENTITY, AccessMode, access_settings
from waybill_toolkit.platform.plan import Plan


def with_access(plan: Plan, mode: AccessMode | None = None) -> Plan:
    """Return a plan with a mode of access: by default tokens, if it has an identity service."""
    has_identity = any(service.name == IDENTITY for service in plan.services)
    chosen = mode or (AccessMode.TOKENS if has_identity else AccessMode.OPEN)
    return replace(plan, settings={**access_settings(chosen, plan.port_base), **plan.settings})


def asks_for_tokens(plan: Plan) -> bool:
    """Whether services ask for the tokens of this platform's identity service."""
    tokens = access_settings(AccessMode.TOKENS, plan.port_base)
    return tokens.items() <= plan.settings.items()
