"""The HTTP interface of identity: opens transactions and calls commands and queries."""

from identity.contract.api import IdentityApi
from identity.operations.account_pages import AccountPages
from identity.operations.administration import AdministrationOperations
from identity.operations.authorization_pages import AuthorizationPages
from identity.operations.device_pages import DevicePages
from identity.operations.keys import ApiKeyOperations
from identity.operations.login_pages import LoginPages
from identity.operations.metadata import MetadataOperations
from identity.operations.one_time_passwords import OneTimePasswordOperations
from identity.operations.sessions import SessionOperations
from identity.operations.tokens import TokenOperations
from identity.operations.user_data import UserDataOperations


class Api(
    MetadataOperations,
    TokenOperations,
    AccountPages,
    LoginPages,
    AuthorizationPages,
    DevicePages,
    ApiKeyOperations,
    SessionOperations,
    OneTimePasswordOperations,
    UserDataOperations,
    AdministrationOperations,
    IdentityApi,
):
    """Implements the generated interface."""
