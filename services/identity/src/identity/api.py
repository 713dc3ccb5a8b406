"""The HTTP interface of identity: opens transactions and calls commands and queries."""

from identity.contract.api import IdentityApi
from identity.operations.keys import ApiKeyOperations
from identity.operations.metadata import MetadataOperations
from identity.operations.sessions import SessionOperations
from identity.operations.tokens import TokenOperations


class Api(MetadataOperations, ApiKeyOperations, SessionOperations, TokenOperations, IdentityApi):
    """Implements the generated interface."""
