"""The HTTP interface of identity. Generated; never edited."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Field
from waybill.http import Answer, Call, Credentials, Operation, Owner, OwnerRule, Parameter
from waybill.scalars import UUID

from identity.contract import models, problems


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOpenidConfiguration200(Answer):
    """The metadata."""

    status: ClassVar[int] = 200
    body: models.IssuerMetadata
    cache_control: str


GetOpenidConfigurationResult: TypeAlias = GetOpenidConfiguration200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAuthorizationServerMetadata200(Answer):
    """The metadata."""

    status: ClassVar[int] = 200
    body: models.IssuerMetadata
    cache_control: str


GetAuthorizationServerMetadataResult: TypeAlias = GetAuthorizationServerMetadata200


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSigningKeys200(Answer):
    """The keys."""

    status: ClassVar[int] = 200
    body: models.KeySet
    cache_control: str


ListSigningKeysResult: TypeAlias = ListSigningKeys200


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeniedSessions200(Answer):
    """The sessions."""

    status: ClassVar[int] = 200
    body: models.DeniedSessions
    etag: str


ListDeniedSessionsResult: TypeAlias = ListDeniedSessions200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUserinfo200(Answer):
    """The claims."""

    status: ClassVar[int] = 200
    body: models.Userinfo


GetUserinfoResult: TypeAlias = GetUserinfo200


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKey201(Answer):
    """The key."""

    status: ClassVar[int] = 201
    body: models.CreatedApiKey
    location: str


CreateApiKeyResult: TypeAlias = CreateApiKey201 | problems.UserNotFound | problems.ScopeNotHeld


@dataclass(frozen=True, slots=True, kw_only=True)
class ListApiKeys200(Answer):
    """A page of keys."""

    status: ClassVar[int] = 200
    body: models.ApiKeyPage


ListApiKeysResult: TypeAlias = ListApiKeys200


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKey200(Answer):
    """The key, which is revoked."""

    status: ClassVar[int] = 200
    body: models.RevokedApiKey


RevokeApiKeyResult: TypeAlias = RevokeApiKey200 | problems.ApiKeyNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeApiKey200(Answer):
    """The token."""

    status: ClassVar[int] = 200
    body: models.ApiKeyToken
    cache_control: str


ExchangeApiKeyResult: TypeAlias = ExchangeApiKey200 | problems.InvalidApiKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSessions200(Answer):
    """A page of sessions."""

    status: ClassVar[int] = 200
    body: models.SessionPage


ListSessionsResult: TypeAlias = ListSessions200


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSession200(Answer):
    """The session, which has ended."""

    status: ClassVar[int] = 200
    body: models.EndedSession


EndSessionResult: TypeAlias = EndSession200 | problems.SessionNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken200(Answer):
    """The tokens."""

    status: ClassVar[int] = 200
    body: models.Tokens
    cache_control: str


IssueTokenResult: TypeAlias = (
    IssueToken200
    | problems.InvalidGrant
    | problems.InvalidScope
    | problems.UnauthorizedClient
    | problems.UnsupportedGrantType
    | problems.AuthorizationPending
    | problems.SlowDown
    | problems.ExpiredToken
    | problems.AccessDenied
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken200(Answer):
    """The token is not valid any more."""

    status: ClassVar[int] = 200
    body: models.Revoked


RevokeTokenResult: TypeAlias = RevokeToken200


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectToken200(Answer):
    """Whether it is valid, and what it says."""

    status: ClassVar[int] = 200
    body: models.Introspection
    cache_control: str


IntrospectTokenResult: TypeAlias = IntrospectToken200


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUser202(Answer):
    """A mail is sent."""

    status: ClassVar[int] = 202
    body: models.Accepted


RegisterUserResult: TypeAlias = RegisterUser202 | problems.TooManyAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUser200(Answer):
    """The user."""

    status: ClassVar[int] = 200
    body: models.User
    cache_control: str


GetUserResult: TypeAlias = GetUser200 | problems.UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveUser200(Answer):
    """The user, who is erased."""

    status: ClassVar[int] = 200
    body: models.RemovedUser


RemoveUserResult: TypeAlias = RemoveUser200 | problems.UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUserRoles200(Answer):
    """The roles."""

    status: ClassVar[int] = 200
    body: models.UserRoles


SetUserRolesResult: TypeAlias = (
    SetUserRoles200 | problems.UserNotFound | problems.RoleNotFound | problems.ScopeNotHeld
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmail200(Answer):
    """The address is verified."""

    status: ClassVar[int] = 200
    body: models.Accepted


VerifyEmailResult: TypeAlias = VerifyEmail200 | problems.MailLinkInvalid | problems.TooManyAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPasswordReset202(Answer):
    """A mail is sent to a registered address."""

    status: ClassVar[int] = 202
    body: models.Accepted


RequestPasswordResetResult: TypeAlias = RequestPasswordReset202 | problems.TooManyAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword200(Answer):
    """The password is set."""

    status: ClassVar[int] = 200
    body: models.Accepted


SetPasswordResult: TypeAlias = SetPassword200 | problems.MailLinkInvalid | problems.TooManyAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolTotp200(Answer):
    """The secret."""

    status: ClassVar[int] = 200
    body: models.TotpSecret


EnrolTotpResult: TypeAlias = EnrolTotp200 | problems.TotpInUse


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmTotp200(Answer):
    """The recovery codes, shown once."""

    status: ClassVar[int] = 200
    body: models.RecoveryCodes


ConfirmTotpResult: TypeAlias = (
    ConfirmTotp200 | problems.TotpNotEnrolled | problems.TotpCodeWrong | problems.TooManyAttempts
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRoles200(Answer):
    """All roles."""

    status: ClassVar[int] = 200
    body: models.RoleList


ListRolesResult: TypeAlias = ListRoles200


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRole200(Answer):
    """The role."""

    status: ClassVar[int] = 200
    body: models.Role


SetRoleResult: TypeAlias = SetRole200 | problems.ScopeNotHeld


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSigningKeys200(Answer):
    """The keys after the rotation."""

    status: ClassVar[int] = 200
    body: models.SigningKeyRotation


RotateSigningKeysResult: TypeAlias = RotateSigningKeys200 | problems.SigningKeysTooNew


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeSigningKey200(Answer):
    """The keys after the revocation."""

    status: ClassVar[int] = 200
    body: models.SigningKeyList


RevokeSigningKeyResult: TypeAlias = RevokeSigningKey200 | problems.SigningKeyNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateServiceAccount201(Answer):
    """The account."""

    status: ClassVar[int] = 201
    body: models.CreatedServiceAccount
    location: str


CreateServiceAccountResult: TypeAlias = CreateServiceAccount201 | problems.ScopeNotHeld


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveServiceAccount200(Answer):
    """The account, which is removed."""

    status: ClassVar[int] = 200
    body: models.RemovedServiceAccount


RemoveServiceAccountResult: TypeAlias = RemoveServiceAccount200 | problems.ServiceAccountNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowLogin200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


ShowLoginResult: TypeAlias = ShowLogin200


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn303(Answer):
    """The browser goes on."""

    status: ClassVar[int] = 303
    location: str
    set_cookie: list[str] | None


LogInResult: TypeAlias = LogIn200 | LogIn303 | problems.FormNotOurs | problems.TooManyAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowLogout200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


ShowLogoutResult: TypeAlias = ShowLogout200


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOut303(Answer):
    """The browser goes on."""

    status: ClassVar[int] = 303
    location: str
    set_cookie: list[str] | None


LogOutResult: TypeAlias = LogOut303 | problems.FormNotOurs


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize303(Answer):
    """The browser goes on."""

    status: ClassVar[int] = 303
    location: str
    set_cookie: list[str] | None


AuthorizeResult: TypeAlias = Authorize303 | problems.AuthorizationInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowConsent200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowConsent303(Answer):
    """The browser goes on."""

    status: ClassVar[int] = 303
    location: str
    set_cookie: list[str] | None


ShowConsentResult: TypeAlias = ShowConsent200 | ShowConsent303 | problems.AuthorizationInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveConsent303(Answer):
    """The browser goes on."""

    status: ClassVar[int] = 303
    location: str
    set_cookie: list[str] | None


GiveConsentResult: TypeAlias = GiveConsent303 | problems.AuthorizationInvalid | problems.FormNotOurs


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRegistration200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


ShowRegistrationResult: TypeAlias = ShowRegistration200


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRegistration200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


SendRegistrationResult: TypeAlias = (
    SendRegistration200 | problems.FormNotOurs | problems.TooManyAttempts
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowVerification200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


ShowVerificationResult: TypeAlias = ShowVerification200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmEmail200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


ConfirmEmailResult: TypeAlias = ConfirmEmail200 | problems.FormNotOurs


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowReset200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


ShowResetResult: TypeAlias = ShowReset200


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReset200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


SendResetResult: TypeAlias = SendReset200 | problems.FormNotOurs | problems.TooManyAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDevice200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDevice303(Answer):
    """The browser goes on."""

    status: ClassVar[int] = 303
    location: str
    set_cookie: list[str] | None


ShowDeviceResult: TypeAlias = ShowDevice200 | ShowDevice303


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveDevice200(Answer):
    """The page."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/html"
    body: str
    content_security_policy: str
    set_cookie: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveDevice303(Answer):
    """The browser goes on."""

    status: ClassVar[int] = 303
    location: str
    set_cookie: list[str] | None


ApproveDeviceResult: TypeAlias = (
    ApproveDevice200 | ApproveDevice303 | problems.FormNotOurs | problems.TooManyAttempts
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeDevice200(Answer):
    """The codes."""

    status: ClassVar[int] = 200
    body: models.DeviceCodes
    cache_control: str


AuthorizeDeviceResult: TypeAlias = (
    AuthorizeDevice200 | problems.InvalidScope | problems.UnauthorizedClient
)


class IdentityApi(ABC):
    """One method for each operation; identity implements all of them."""

    @abstractmethod
    async def get_openid_configuration(self, call: Call) -> GetOpenidConfigurationResult:
        """Get the metadata of the issuer.

        OpenID Connect Discovery 1.0, 4.
        """

    @abstractmethod
    async def get_authorization_server_metadata(
        self, call: Call
    ) -> GetAuthorizationServerMetadataResult:
        """Get the metadata of the issuer, for clients without OpenID Connect.

        RFC 8414, 3.
        """

    @abstractmethod
    async def list_signing_keys(self, call: Call) -> ListSigningKeysResult:
        """List the public keys that tokens are signed with.

        A JWK set (RFC 7517). A key is listed before it signs, by default six minutes, and
        until the last token of it has expired.
        """

    @abstractmethod
    async def list_denied_sessions(self, call: Call) -> ListDeniedSessionsResult:
        """List the sessions that were ended while tokens of them are valid.

        A service reads this every two seconds and refuses tokens whose `sid` is listed. A
        session is listed until its last token has expired. So are the ids of signing keys
        that were revoked, whose tokens are refused, too.
        """

    @abstractmethod
    async def get_userinfo(self, call: Call) -> GetUserinfoResult:
        """Get the claims of the user of a token.

        OpenID Connect Core 1.0, 5.3.
        """

    @abstractmethod
    async def create_api_key(self, call: Call, body: models.CreateApiKey) -> CreateApiKeyResult:
        """Create an API key.

        The answer has the key, which is shown once and not stored. A caller without
        `identity:any` creates keys for itself. A key has at most the scopes of the caller.
        """

    @abstractmethod
    async def list_api_keys(
        self, call: Call, *, user_id: UUID | None, cursor: str | None, limit: int
    ) -> ListApiKeysResult:
        """List API keys that are not revoked, newest first."""

    @abstractmethod
    async def revoke_api_key(self, call: Call, *, owner: Owner, key_id: UUID) -> RevokeApiKeyResult:
        """Revoke an API key.

        Tokens that it was exchanged for are refused within three seconds.
        """

    @abstractmethod
    async def exchange_api_key(
        self, call: Call, body: models.ExchangeApiKey
    ) -> ExchangeApiKeyResult:
        """Exchange an API key for an access token.

        The token has the scopes of the key that its owner has too, for five minutes.
        """

    @abstractmethod
    async def list_sessions(
        self, call: Call, *, user_id: UUID | None, cursor: str | None, limit: int
    ) -> ListSessionsResult:
        """List open sessions, newest first."""

    @abstractmethod
    async def end_session(self, call: Call, *, owner: Owner, session_id: UUID) -> EndSessionResult:
        """End a session.

        Its refresh tokens are revoked at once, its access tokens are refused within three
        seconds.
        """

    @abstractmethod
    async def issue_token(
        self, call: Call, body: models.TokenRequest, *, credentials: Credentials | None
    ) -> IssueTokenResult:
        """Get tokens.

        For a code (with PKCE, RFC 7636), a refresh token, or as a service by client
        credentials. A client with a secret sends it by HTTP Basic or in the body. A refresh
        token is used once; one that is sent again within ten seconds gives the same
        successor, later it revokes all tokens of its authorization.
        """

    @abstractmethod
    async def revoke_token(
        self, call: Call, body: models.TokenHint, *, credentials: Credentials | None
    ) -> RevokeTokenResult:
        """Revoke a refresh token.

        RFC 7009. All tokens of its authorization are revoked; access tokens expire within
        five minutes. An unknown token is answered alike.
        """

    @abstractmethod
    async def introspect_token(
        self, call: Call, body: models.TokenHint, *, credentials: Credentials | None
    ) -> IntrospectTokenResult:
        """Ask whether a token is valid.

        RFC 7662, for clients with a secret that cannot verify tokens by themselves. Of tokens
        of other clients it tells nothing, unless the client has the scope `identity:any`.
        """

    @abstractmethod
    async def register_user(self, call: Call, body: models.RegisterUser) -> RegisterUserResult:
        """Register.

        A mail to the address has a link to verify it. The answer is the same for an address
        that is registered.
        """

    @abstractmethod
    async def get_user(self, call: Call, *, owner: Owner, user_id: UUID) -> GetUserResult:
        """Get what is stored of a user.

        The user's own, or anybody's for an administrator. Sessions and API keys have
        operations of their own. The security log says who got it.
        """

    @abstractmethod
    async def remove_user(self, call: Call, *, owner: Owner, user_id: UUID) -> RemoveUserResult:
        """Erase a user.

        What names the user is deleted, its sessions end and its API keys are revoked. Its ids
        stay, since orders refer to them. The address can be registered again. Users who erase
        themselves must have logged in at most 5 minutes ago; otherwise the answer is 401 with
        the error `insufficient_user_authentication` (RFC 9470), also for the token of an API
        key. A user that is erased already stays so.
        """

    @abstractmethod
    async def set_user_roles(
        self, call: Call, body: models.SetUserRoles, *, owner: Owner, user_id: UUID
    ) -> SetUserRolesResult:
        """Set the roles of a user.

        A caller can give only roles whose scopes it has.
        """

    @abstractmethod
    async def verify_email(self, call: Call, body: models.VerifyEmail) -> VerifyEmailResult:
        """Verify an e-mail address."""

    @abstractmethod
    async def request_password_reset(
        self, call: Call, body: models.RequestPasswordReset
    ) -> RequestPasswordResetResult:
        """Ask for a link to set a new password.

        The answer is the same for an address that is not registered.
        """

    @abstractmethod
    async def set_password(self, call: Call, body: models.SetPassword) -> SetPasswordResult:
        """Set a new password.

        All sessions of the user end.
        """

    @abstractmethod
    async def enrol_totp(self, call: Call) -> EnrolTotpResult:
        """Begin to use one-time passwords.

        The secret is for an authenticator application (RFC 6238). It is asked for from the
        first confirmed code on.
        """

    @abstractmethod
    async def confirm_totp(self, call: Call, body: models.ConfirmTotp) -> ConfirmTotpResult:
        """Confirm the secret with a code.

        The answer has recovery codes. Each is used once, in place of a code.
        """

    @abstractmethod
    async def list_roles(self, call: Call) -> ListRolesResult:
        """List roles."""

    @abstractmethod
    async def set_role(
        self, call: Call, body: models.SetRole, *, role: models.RoleName
    ) -> SetRoleResult:
        """Create a role, or set its scopes.

        A caller can give a role only scopes that it has.
        """

    @abstractmethod
    async def rotate_signing_keys(self, call: Call) -> RotateSigningKeysResult:
        """Bring the next signing keys into use.

        Keys are rotated by themselves every 30 days by default. The keys that signed until
        now are published for another hour, so every token stays valid until it expires. The
        next keys must have been published long enough for every service to have read them.
        """

    @abstractmethod
    async def revoke_signing_key(self, call: Call, *, kid: str) -> RevokeSigningKeyResult:
        """Revoke a signing key.

        For a key that was stolen. It is not published any more, and what it signed is refused
        everywhere within three seconds. The next key signs from now on. Clients get new
        access tokens by their refresh tokens, which stay valid.
        """

    @abstractmethod
    async def create_service_account(
        self, call: Call, body: models.CreateServiceAccount
    ) -> CreateServiceAccountResult:
        """Create a service account.

        A client that gets tokens for itself, by client credentials. With `redirect_uris` it
        is an application that acts for users instead: it gets tokens by codes with PKCE,
        refresh tokens and device codes, for users who permit it. The answer has its secret,
        which is shown once and not stored; an application with `is_public` has none.
        """

    @abstractmethod
    async def remove_service_account(
        self, call: Call, *, client_id: str
    ) -> RemoveServiceAccountResult:
        """Remove a service account.

        It gets no more tokens; those that it has expire within five minutes.
        """

    @abstractmethod
    async def show_login(
        self,
        call: Call,
        *,
        request: str | None,
        user_code: str | None,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ShowLoginResult:
        """Show the form to log in."""

    @abstractmethod
    async def log_in(
        self,
        call: Call,
        body: models.Login,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> LogInResult:
        """Log in.

        A new session is made, whatever the browser had before.
        """

    @abstractmethod
    async def show_logout(
        self,
        call: Call,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ShowLogoutResult:
        """Ask whether to log out."""

    @abstractmethod
    async def log_out(
        self,
        call: Call,
        body: models.FormOnly,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> LogOutResult:
        """Log out."""

    @abstractmethod
    async def authorize(
        self,
        call: Call,
        *,
        client_id: str | None,
        redirect_uri: str | None,
        response_type: str | None,
        scope: str | None,
        state: str | None,
        code_challenge: str | None,
        code_challenge_method: str | None,
        nonce: str | None,
        prompt: str | None,
        request: str | None,
        request_uri: str | None,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> AuthorizeResult:
        """Ask a user for permission.

        Authorization code with PKCE by S256 (OAuth 2.1, RFC 7636). The answer has `iss` (RFC
        9207). A client that is not known, or a redirect_uri that is not registered exactly,
        is told on a page and never redirected to; a loopback redirect_uri may have any port
        (RFC 8252, 7.3).
        """

    @abstractmethod
    async def show_consent(
        self,
        call: Call,
        *,
        request: str | None,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ShowConsentResult:
        """Show what an application asks for."""

    @abstractmethod
    async def give_consent(
        self,
        call: Call,
        body: models.Consent,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> GiveConsentResult:
        """Permit it, or not."""

    @abstractmethod
    async def show_registration(
        self,
        call: Call,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ShowRegistrationResult:
        """Show the form of a new account."""

    @abstractmethod
    async def send_registration(
        self,
        call: Call,
        body: models.Registration,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> SendRegistrationResult:
        """Register an address with a password."""

    @abstractmethod
    async def show_verification(
        self,
        call: Call,
        *,
        token: str | None,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ShowVerificationResult:
        """Ask to confirm an address."""

    @abstractmethod
    async def confirm_email(
        self,
        call: Call,
        body: models.Confirmation,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ConfirmEmailResult:
        """Confirm the address of a link."""

    @abstractmethod
    async def show_reset(
        self,
        call: Call,
        *,
        token: str | None,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ShowResetResult:
        """Show the form of a new password, or of a mail with a link."""

    @abstractmethod
    async def send_reset(
        self,
        call: Call,
        body: models.Reset,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> SendResetResult:
        """Set the password of a link, or send a mail with one."""

    @abstractmethod
    async def show_device(
        self,
        call: Call,
        *,
        user_code: str | None,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ShowDeviceResult:
        """Show what a device asks for."""

    @abstractmethod
    async def approve_device(
        self,
        call: Call,
        body: models.DeviceApproval,
        *,
        host_waybill_session: str | None,
        waybill_session: str | None,
        host_waybill_form: str | None,
        waybill_form: str | None,
    ) -> ApproveDeviceResult:
        """Permit it, or not."""

    @abstractmethod
    async def authorize_device(
        self, call: Call, body: models.DeviceRequest, *, credentials: Credentials | None
    ) -> AuthorizeDeviceResult:
        """Get codes for a device without a browser.

        RFC 8628. The user opens verification_uri and enters user_code; meanwhile the device
        asks the token endpoint.
        """


AUTHORIZE_CLIENT_ID: Final = Parameter(
    name="client_id",
    place="query",
    argument="client_id",
    type=Annotated[str, Field(max_length=100)],
)
AUTHORIZE_CODE_CHALLENGE: Final = Parameter(
    name="code_challenge",
    place="query",
    argument="code_challenge",
    type=Annotated[str, Field(max_length=200, pattern="^[ -~]*$")],
)
AUTHORIZE_CODE_CHALLENGE_METHOD: Final = Parameter(
    name="code_challenge_method",
    place="query",
    argument="code_challenge_method",
    type=Annotated[str, Field(max_length=100, pattern="^[ -~]*$")],
)
AUTHORIZE_NONCE: Final = Parameter(
    name="nonce",
    place="query",
    argument="nonce",
    type=Annotated[str, Field(max_length=500, pattern="^[ -~]*$")],
)
AUTHORIZE_PROMPT: Final = Parameter(
    name="prompt",
    place="query",
    argument="prompt",
    type=Annotated[str, Field(max_length=100, pattern="^[ -~]*$")],
)
AUTHORIZE_REDIRECT_URI: Final = Parameter(
    name="redirect_uri",
    place="query",
    argument="redirect_uri",
    type=Annotated[str, Field(max_length=2000, pattern="^[!-~]*$")],
)
AUTHORIZE_REQUEST: Final = Parameter(
    name="request",
    place="query",
    argument="request",
    type=Annotated[str, Field(max_length=8000, pattern="^[!-~]*$")],
)
AUTHORIZE_REQUEST_URI: Final = Parameter(
    name="request_uri",
    place="query",
    argument="request_uri",
    type=Annotated[str, Field(max_length=2000, pattern="^[!-~]*$")],
)
AUTHORIZE_RESPONSE_TYPE: Final = Parameter(
    name="response_type",
    place="query",
    argument="response_type",
    type=Annotated[str, Field(max_length=100)],
)
AUTHORIZE_SCOPE: Final = Parameter(
    name="scope",
    place="query",
    argument="scope",
    type=Annotated[str, Field(max_length=4000, pattern="^[ -~]*$")],
)
AUTHORIZE_STATE: Final = Parameter(
    name="state",
    place="query",
    argument="state",
    type=Annotated[str, Field(max_length=2000, pattern="^[ -~]*$")],
)
CURSOR: Final = Parameter(
    name="cursor",
    place="query",
    argument="cursor",
    type=Annotated[str, Field(min_length=1, max_length=512)],
)
END_SESSION_SESSION_ID: Final = Parameter(
    name="session_id", place="path", argument="session_id", type=UUID, required=True
)
GET_USER_USER_ID: Final = Parameter(
    name="user_id", place="path", argument="user_id", type=UUID, required=True
)
HOST_FORM: Final = Parameter(
    name="__Host-waybill_form", place="cookie", argument="host_waybill_form", type=str
)
HOST_SESSION: Final = Parameter(
    name="__Host-waybill_session", place="cookie", argument="host_waybill_session", type=str
)
LIMIT: Final = Parameter(
    name="limit",
    place="query",
    argument="limit",
    type=Annotated[int, Field(ge=1, le=500)],
    default=50,
)
LOOPBACK_FORM: Final = Parameter(
    name="waybill_form", place="cookie", argument="waybill_form", type=str
)
LOOPBACK_SESSION: Final = Parameter(
    name="waybill_session", place="cookie", argument="waybill_session", type=str
)
REMOVE_SERVICE_ACCOUNT_CLIENT_ID: Final = Parameter(
    name="client_id",
    place="path",
    argument="client_id",
    type=Annotated[str, Field(pattern="^svc_[0-9a-f]{32}$")],
    required=True,
)
REMOVE_USER_USER_ID: Final = Parameter(
    name="user_id", place="path", argument="user_id", type=UUID, required=True
)
REQUEST: Final = Parameter(
    name="request",
    place="query",
    argument="request",
    type=Annotated[str, Field(max_length=8000, pattern="^[!-~]*$")],
)
REVOKE_API_KEY_KEY_ID: Final = Parameter(
    name="key_id", place="path", argument="key_id", type=UUID, required=True
)
REVOKE_SIGNING_KEY_KID: Final = Parameter(
    name="kid",
    place="path",
    argument="kid",
    type=Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}$")],
    required=True,
)
SET_ROLE_ROLE: Final = Parameter(
    name="role", place="path", argument="role", type=models.RoleName, required=True
)
SET_USER_ROLES_USER_ID: Final = Parameter(
    name="user_id", place="path", argument="user_id", type=UUID, required=True
)
SHOW_RESET_TOKEN: Final = Parameter(
    name="token", place="query", argument="token", type=Annotated[str, Field(max_length=100)]
)
SHOW_VERIFICATION_TOKEN: Final = Parameter(
    name="token", place="query", argument="token", type=Annotated[str, Field(max_length=100)]
)
USER_CODE: Final = Parameter(
    name="user_code", place="query", argument="user_code", type=Annotated[str, Field(max_length=20)]
)
USER_ID_FILTER: Final = Parameter(name="user_id", place="query", argument="user_id", type=UUID)

OPERATIONS: Final = (
    Operation(
        id="get_openid_configuration",
        method="GET",
        path="/.well-known/openid-configuration",
        scopes=None,
        answers=(GetOpenidConfiguration200,),
        tags=("identity",),
    ),
    Operation(
        id="get_authorization_server_metadata",
        method="GET",
        path="/.well-known/oauth-authorization-server",
        scopes=None,
        answers=(GetAuthorizationServerMetadata200,),
        tags=("identity",),
    ),
    Operation(
        id="list_signing_keys",
        method="GET",
        path="/oauth/jwks",
        scopes=None,
        answers=(ListSigningKeys200,),
        tags=("identity",),
    ),
    Operation(
        id="list_denied_sessions",
        method="GET",
        path="/oauth/denied-sessions",
        scopes=None,
        answers=(ListDeniedSessions200,),
        tags=("identity",),
    ),
    Operation(
        id="get_userinfo",
        method="GET",
        path="/oauth/userinfo",
        scopes=("openid",),
        answers=(GetUserinfo200,),
        tags=("identity",),
    ),
    Operation(
        id="create_api_key",
        method="POST",
        path="/v1/api-keys",
        scopes=("identity:write",),
        body=models.CreateApiKey,
        body_limit_bytes=16_384,
        owner=OwnerRule(field="user_id", everybody="identity:any", place="body"),
        answers=(CreateApiKey201, problems.UserNotFound, problems.ScopeNotHeld),
        tags=("identity",),
    ),
    Operation(
        id="list_api_keys",
        method="GET",
        path="/v1/api-keys",
        scopes=("identity:read",),
        parameters=(USER_ID_FILTER, CURSOR, LIMIT),
        owner=OwnerRule(field="user_id", everybody="identity:any", place="query"),
        answers=(ListApiKeys200,),
        tags=("identity",),
    ),
    Operation(
        id="revoke_api_key",
        method="DELETE",
        path="/v1/api-keys/{key_id}",
        scopes=("identity:write",),
        parameters=(REVOKE_API_KEY_KEY_ID,),
        owner=OwnerRule(field="user_id", everybody="identity:any", place="resource"),
        answers=(RevokeApiKey200, problems.ApiKeyNotFound),
        tags=("identity",),
    ),
    Operation(
        id="exchange_api_key",
        method="POST",
        path="/v1/api-key-tokens",
        scopes=None,
        body=models.ExchangeApiKey,
        body_limit_bytes=16_384,
        answers=(ExchangeApiKey200, problems.InvalidApiKey),
        tags=("identity",),
    ),
    Operation(
        id="list_sessions",
        method="GET",
        path="/v1/sessions",
        scopes=("identity:read",),
        parameters=(USER_ID_FILTER, CURSOR, LIMIT),
        owner=OwnerRule(field="user_id", everybody="identity:any", place="query"),
        answers=(ListSessions200,),
        tags=("identity",),
    ),
    Operation(
        id="end_session",
        method="DELETE",
        path="/v1/sessions/{session_id}",
        scopes=("identity:write",),
        parameters=(END_SESSION_SESSION_ID,),
        owner=OwnerRule(field="user_id", everybody="identity:any", place="resource"),
        answers=(EndSession200, problems.SessionNotFound),
        tags=("identity",),
    ),
    Operation(
        id="issue_token",
        method="POST",
        path="/oauth/token",
        scopes=None,
        body=models.TokenRequest,
        form=True,
        body_limit_bytes=16_384,
        answers=(
            IssueToken200,
            problems.InvalidGrant,
            problems.InvalidScope,
            problems.UnauthorizedClient,
            problems.UnsupportedGrantType,
            problems.AuthorizationPending,
            problems.SlowDown,
            problems.ExpiredToken,
            problems.AccessDenied,
        ),
        errors="oauth",
        basic="optional",
        tags=("identity",),
    ),
    Operation(
        id="revoke_token",
        method="POST",
        path="/oauth/revoke",
        scopes=None,
        body=models.TokenHint,
        form=True,
        body_limit_bytes=16_384,
        answers=(RevokeToken200,),
        errors="oauth",
        basic="optional",
        tags=("identity",),
    ),
    Operation(
        id="introspect_token",
        method="POST",
        path="/oauth/introspect",
        scopes=None,
        body=models.TokenHint,
        form=True,
        body_limit_bytes=16_384,
        answers=(IntrospectToken200,),
        errors="oauth",
        basic="optional",
        tags=("identity",),
    ),
    Operation(
        id="register_user",
        method="POST",
        path="/v1/users",
        scopes=None,
        body=models.RegisterUser,
        body_limit_bytes=16_384,
        answers=(RegisterUser202, problems.TooManyAttempts),
        tags=("identity",),
    ),
    Operation(
        id="get_user",
        method="GET",
        path="/v1/users/{user_id}",
        scopes=("identity:read",),
        parameters=(GET_USER_USER_ID,),
        owner=OwnerRule(field="user_id", everybody="identity:admin", place="resource"),
        answers=(GetUser200, problems.UserNotFound),
        tags=("identity",),
    ),
    Operation(
        id="remove_user",
        method="DELETE",
        path="/v1/users/{user_id}",
        scopes=("identity:write",),
        parameters=(REMOVE_USER_USER_ID,),
        owner=OwnerRule(field="user_id", everybody="identity:admin", place="resource"),
        answers=(RemoveUser200, problems.UserNotFound),
        tags=("identity",),
    ),
    Operation(
        id="set_user_roles",
        method="PUT",
        path="/v1/users/{user_id}/roles",
        scopes=("identity:admin",),
        body=models.SetUserRoles,
        body_limit_bytes=16_384,
        parameters=(SET_USER_ROLES_USER_ID,),
        owner=OwnerRule(field="user_id", everybody="identity:admin", place="resource"),
        answers=(
            SetUserRoles200,
            problems.UserNotFound,
            problems.RoleNotFound,
            problems.ScopeNotHeld,
        ),
        tags=("identity",),
    ),
    Operation(
        id="verify_email",
        method="POST",
        path="/v1/email-verifications",
        scopes=None,
        body=models.VerifyEmail,
        body_limit_bytes=16_384,
        answers=(VerifyEmail200, problems.MailLinkInvalid, problems.TooManyAttempts),
        tags=("identity",),
    ),
    Operation(
        id="request_password_reset",
        method="POST",
        path="/v1/password-resets",
        scopes=None,
        body=models.RequestPasswordReset,
        body_limit_bytes=16_384,
        answers=(RequestPasswordReset202, problems.TooManyAttempts),
        tags=("identity",),
    ),
    Operation(
        id="set_password",
        method="POST",
        path="/v1/passwords",
        scopes=None,
        body=models.SetPassword,
        body_limit_bytes=16_384,
        answers=(SetPassword200, problems.MailLinkInvalid, problems.TooManyAttempts),
        tags=("identity",),
    ),
    Operation(
        id="enrol_totp",
        method="POST",
        path="/v1/totp",
        scopes=("identity:write",),
        answers=(EnrolTotp200, problems.TotpInUse),
        tags=("identity",),
    ),
    Operation(
        id="confirm_totp",
        method="POST",
        path="/v1/totp/confirmations",
        scopes=("identity:write",),
        body=models.ConfirmTotp,
        body_limit_bytes=16_384,
        answers=(
            ConfirmTotp200,
            problems.TotpNotEnrolled,
            problems.TotpCodeWrong,
            problems.TooManyAttempts,
        ),
        tags=("identity",),
    ),
    Operation(
        id="list_roles",
        method="GET",
        path="/v1/roles",
        scopes=("identity:read",),
        answers=(ListRoles200,),
        tags=("identity",),
    ),
    Operation(
        id="set_role",
        method="PUT",
        path="/v1/roles/{role}",
        scopes=("identity:admin",),
        body=models.SetRole,
        body_limit_bytes=16_384,
        parameters=(SET_ROLE_ROLE,),
        answers=(SetRole200, problems.ScopeNotHeld),
        tags=("identity",),
    ),
    Operation(
        id="rotate_signing_keys",
        method="POST",
        path="/v1/signing-key-rotations",
        scopes=("identity:admin",),
        answers=(RotateSigningKeys200, problems.SigningKeysTooNew),
        tags=("identity",),
    ),
    Operation(
        id="revoke_signing_key",
        method="DELETE",
        path="/v1/signing-keys/{kid}",
        scopes=("identity:admin",),
        parameters=(REVOKE_SIGNING_KEY_KID,),
        answers=(RevokeSigningKey200, problems.SigningKeyNotFound),
        tags=("identity",),
    ),
    Operation(
        id="create_service_account",
        method="POST",
        path="/v1/service-accounts",
        scopes=("identity:admin",),
        body=models.CreateServiceAccount,
        body_limit_bytes=16_384,
        answers=(CreateServiceAccount201, problems.ScopeNotHeld),
        tags=("identity",),
    ),
    Operation(
        id="remove_service_account",
        method="DELETE",
        path="/v1/service-accounts/{client_id}",
        scopes=("identity:admin",),
        parameters=(REMOVE_SERVICE_ACCOUNT_CLIENT_ID,),
        answers=(RemoveServiceAccount200, problems.ServiceAccountNotFound),
        tags=("identity",),
    ),
    Operation(
        id="show_login",
        method="GET",
        path="/login",
        scopes=None,
        parameters=(REQUEST, USER_CODE, HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(ShowLogin200,),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="log_in",
        method="POST",
        path="/login",
        scopes=None,
        body=models.Login,
        form=True,
        body_limit_bytes=16_384,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(LogIn200, LogIn303, problems.FormNotOurs, problems.TooManyAttempts),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="show_logout",
        method="GET",
        path="/logout",
        scopes=None,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(ShowLogout200,),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="log_out",
        method="POST",
        path="/logout",
        scopes=None,
        body=models.FormOnly,
        form=True,
        body_limit_bytes=16_384,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(LogOut303, problems.FormNotOurs),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="authorize",
        method="GET",
        path="/oauth/authorize",
        scopes=None,
        parameters=(
            AUTHORIZE_CLIENT_ID,
            AUTHORIZE_REDIRECT_URI,
            AUTHORIZE_RESPONSE_TYPE,
            AUTHORIZE_SCOPE,
            AUTHORIZE_STATE,
            AUTHORIZE_CODE_CHALLENGE,
            AUTHORIZE_CODE_CHALLENGE_METHOD,
            AUTHORIZE_NONCE,
            AUTHORIZE_PROMPT,
            AUTHORIZE_REQUEST,
            AUTHORIZE_REQUEST_URI,
            HOST_SESSION,
            LOOPBACK_SESSION,
            HOST_FORM,
            LOOPBACK_FORM,
        ),
        ignores_unknown=True,
        answers=(Authorize303, problems.AuthorizationInvalid),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="show_consent",
        method="GET",
        path="/consent",
        scopes=None,
        parameters=(REQUEST, HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(ShowConsent200, ShowConsent303, problems.AuthorizationInvalid),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="give_consent",
        method="POST",
        path="/consent",
        scopes=None,
        body=models.Consent,
        form=True,
        body_limit_bytes=16_384,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(GiveConsent303, problems.AuthorizationInvalid, problems.FormNotOurs),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="show_registration",
        method="GET",
        path="/register",
        scopes=None,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(ShowRegistration200,),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="send_registration",
        method="POST",
        path="/register",
        scopes=None,
        body=models.Registration,
        form=True,
        body_limit_bytes=16_384,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(SendRegistration200, problems.FormNotOurs, problems.TooManyAttempts),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="show_verification",
        method="GET",
        path="/verify-email",
        scopes=None,
        parameters=(
            SHOW_VERIFICATION_TOKEN,
            HOST_SESSION,
            LOOPBACK_SESSION,
            HOST_FORM,
            LOOPBACK_FORM,
        ),
        answers=(ShowVerification200,),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="confirm_email",
        method="POST",
        path="/verify-email",
        scopes=None,
        body=models.Confirmation,
        form=True,
        body_limit_bytes=16_384,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(ConfirmEmail200, problems.FormNotOurs),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="show_reset",
        method="GET",
        path="/reset",
        scopes=None,
        parameters=(SHOW_RESET_TOKEN, HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(ShowReset200,),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="send_reset",
        method="POST",
        path="/reset",
        scopes=None,
        body=models.Reset,
        form=True,
        body_limit_bytes=16_384,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(SendReset200, problems.FormNotOurs, problems.TooManyAttempts),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="show_device",
        method="GET",
        path="/device",
        scopes=None,
        parameters=(USER_CODE, HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(ShowDevice200, ShowDevice303),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="approve_device",
        method="POST",
        path="/device",
        scopes=None,
        body=models.DeviceApproval,
        form=True,
        body_limit_bytes=16_384,
        parameters=(HOST_SESSION, LOOPBACK_SESSION, HOST_FORM, LOOPBACK_FORM),
        answers=(
            ApproveDevice200,
            ApproveDevice303,
            problems.FormNotOurs,
            problems.TooManyAttempts,
        ),
        errors="html",
        tags=("pages",),
    ),
    Operation(
        id="authorize_device",
        method="POST",
        path="/oauth/device_authorization",
        scopes=None,
        body=models.DeviceRequest,
        form=True,
        body_limit_bytes=16_384,
        answers=(AuthorizeDevice200, problems.InvalidScope, problems.UnauthorizedClient),
        errors="oauth",
        basic="optional",
        tags=("identity",),
    ),
)
"""What the runtime has to know to serve each of them."""
