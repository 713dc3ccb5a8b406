"""Invariants in the database of identity."""

from typing import Final

from waybill_toolkit.operations.audit.invariant import Invariant

IDENTITY: Final = (
    Invariant(
        name="erased-users-leave-ids-only",
        meaning="Nothing is kept that names an erased user, or that admits it.",
        where="identity",
        sql="""
            with erased as (
                select user_id, email_cipher, email_index from users where status = 'removed'
            ), kept as (
                select user_id, 'users' as kept_in from erased
                where email_cipher <> ''
                    or email_index <> convert_to('removed ', 'UTF8') || uuid_send(user_id)
                union all select user_id, 'passwords' from passwords
                union all select user_id, 'totp' from totp
                union all select user_id, 'recovery_codes' from recovery_codes
                union all select user_id, 'mail_tokens' from mail_tokens
                union all select user_id, 'consents' from consents
                union all select user_id, 'role_members' from role_members
                union all select user_id, 'data_keys'
                    from data_keys join erased on subject = user_id::text
                union all select user_id, 'api_keys' from api_keys
                    where name <> '' or revoked_at is null
                union all select user_id, 'sessions' from sessions where ended_at is null
                union all select user_id, 'families' from families where revoked_at is null
            )
            select distinct user_id, kept_in from kept join erased using (user_id)
            order by user_id, kept_in
        """,
    ),
    Invariant(
        name="personal-data-has-its-key",
        meaning="The key of each user exists, so that what it encrypts can be read.",
        where="identity",
        sql="""
            select user_id from users
            where status <> 'removed' and email_cipher like 'personal.%'
                and not exists (select from data_keys where subject = user_id::text)
            order by user_id
        """,
    ),
)
