"""Grant a service what it asks for, by its own credentials (RFC 6749, 4.4)."""

from identity.contract.problems import InvalidScope
from identity.domain import Client, Grant
from identity.token_signing import Subject, service_subject


def grant_service(client: Client, scopes: frozenset[str] | None) -> Grant | InvalidScope:
    """Return the grant: the scopes that are asked for, or all that the client has."""
    asked = client.scopes if scopes is None else scopes
    if lacking := sorted(asked - client.scopes):
        return InvalidScope(detail=f"The client does not have the scope {lacking[0]}.")
    subject = Subject(sub=service_subject(client.service_id))
    return Grant(subject=subject, client_id=client.client_id, scopes=asked)
