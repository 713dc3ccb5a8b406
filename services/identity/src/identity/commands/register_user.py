"""Register a user, verify the address, and set a password with a link.

A request never tells whether an address is registered: the mail does, to whoever owns it. Somebody
else may register an address first, so a link sets the password of its own request, and only for
someone who knows that password: mailbox and password together make the account.
"""

from datetime import datetime

from identity import mail_tokens, passwords, users
from identity.commands.end_sessions import end_sessions_of
from identity.contract.events import send
from identity.contract.problems import MailLinkInvalid
from identity.contract.sent import UserRegistered
from identity.domain import User
from identity.mail import Mail
from identity.mail_tokens import Purpose
from identity.token_signing import user_subject
from identity.vault import Vault
from waybill.ids import uuid7
from waybill.postgres import Transaction
from waybill.security_log import record

_CUSTOMER = "customer"


async def register_user(
    tx: Transaction, vault: Vault, email: str, hashed: str, base: str, *, now: datetime
) -> Mail:
    """Insert a user who has to verify the address; return the mail for the address."""
    user_id = uuid7()
    user = User(user_id, f"cus_{user_id.hex}", "unverified")
    if await users.insert_user(tx, vault, user, email, now):
        await users.set_roles(tx, user_id, [_CUSTOMER])
        return await _verification(tx, user, email, hashed, base=base, now=now)
    known = await _lock_user_with(tx, vault, email)
    if known is not None and known.status == "unverified":
        return await _verification(tx, known, email, hashed, base=base, now=now)
    text = f"You have an account already. Log in, or set a new password:\n{base}/reset\n"
    return Mail(email, "You have an account", text)


async def verify_email(
    tx: Transaction, token: str, hashed: str, *, now: datetime
) -> User | MailLinkInvalid:
    """Make the user of a link active, with the password that was found with the link."""
    user = await _use_link(tx, token, "verify", now)
    if user is None or user.status != "unverified":
        return invalid_link()
    await passwords.set_hash(tx, user.user_id, hashed)
    await users.set_status(tx, user.user_id, "active")
    await _record(tx, "user.registered", user)
    send(tx, UserRegistered(user_id=user.user_id, customer_ref=user.customer_ref or ""))
    return user


async def request_password_reset(
    tx: Transaction, vault: Vault, email: str, base: str, *, now: datetime
) -> Mail | None:
    """Return the mail with a link; None when nobody has the address."""
    user = await _lock_user_with(tx, vault, email)
    if user is None or user.status == "removed":
        return None
    token = await mail_tokens.new_mail_token(tx, user.user_id, "reset", now)
    text = f"Set a new password:\n{base}/reset?token={token}\nThe link is valid for 30 minutes.\n"
    return Mail(email, "Set a new password", text)


async def set_password(
    tx: Transaction, token: str, hashed: str, *, now: datetime
) -> User | MailLinkInvalid:
    """Set the password of the user of a link, and end all sessions: a thief may have one."""
    user = await _use_link(tx, token, "reset", now)
    if user is None or user.status == "removed":
        return invalid_link()
    await passwords.set_hash(tx, user.user_id, hashed)
    await end_sessions_of(tx, user.user_id, now=now)
    await _record(tx, "user.reset", user)
    if user.status == "unverified":  # the link proves the address as well
        await users.set_status(tx, user.user_id, "active")
        send(tx, UserRegistered(user_id=user.user_id, customer_ref=user.customer_ref or ""))
    return user


def invalid_link() -> MailLinkInvalid:
    """Return the refusal of a link."""
    return MailLinkInvalid(detail="The link is unknown, used or expired; ask for another one.")


async def _lock_user_with(tx: Transaction, vault: Vault, email: str) -> User | None:
    """Lock the user with an address, so that it is not erased while a link is made for it."""
    found = await users.find_user_by_email(tx, vault, email)
    return None if found is None else await users.lock_user(tx, found.user_id)


async def _use_link(tx: Transaction, token: str, purpose: Purpose, now: datetime) -> User | None:
    """Use a link and return its user, locked; None when it is unknown, used or expired."""
    user_id = await mail_tokens.find_user_id(tx, token, purpose)
    user = None if user_id is None else await users.lock_user(tx, user_id)
    if user is None or not await mail_tokens.use_mail_token(tx, token, purpose, now):
        return None
    return user


async def _record(tx: Transaction, action: str, user: User) -> None:
    subject = user_subject(user.user_id)
    await record(tx, action, target=str(user.user_id), actor=subject)


async def _verification(
    tx: Transaction, user: User, email: str, hashed: str, *, base: str, now: datetime
) -> Mail:
    token = await mail_tokens.new_mail_token(tx, user.user_id, "verify", now, hashed)
    text = (
        f"Verify your address:\n{base}/verify-email?token={token}\nThe link is valid for a day.\n"
    )
    return Mail(email, "Verify your address", text)
