"""Faults by which something of an erased user is kept."""

from .fault import Fault

ERASED = "00000000-0000-7000-8000-0000000000e2"

_KEPT = (
    ("users", f"update users set email_cipher = 'sealed' where user_id = '{ERASED}'"),
    ("users", f"update users set email_index = 'bob' where user_id = '{ERASED}'"),
    ("data_keys", f"insert into data_keys values ('{ERASED}', 'sealed', 'a key')"),
    ("passwords", f"insert into passwords values ('{ERASED}', '$argon2id$', now())"),
    ("totp", f"insert into totp (user_id, secret_cipher) values ('{ERASED}', 'sealed')"),
    ("recovery_codes", f"insert into recovery_codes values ('code', '{ERASED}')"),
    (
        "mail_tokens",
        f"insert into mail_tokens values ('link', '{ERASED}', 'reset', now(), null)",
    ),
    ("consents", f"insert into consents values ('{ERASED}', 'shop', '{{}}', now())"),
    ("role_members", f"insert into role_members values ('{ERASED}', 'customer')"),
    ("api_keys", f"update api_keys set name = 'her phone' where user_id = '{ERASED}'"),
    ("api_keys", f"update api_keys set revoked_at = null where user_id = '{ERASED}'"),
    ("sessions", f"update sessions set ended_at = null where user_id = '{ERASED}'"),
    ("families", f"update families set revoked_at = null where user_id = '{ERASED}'"),
)

ERASED_USERS = tuple(
    Fault("erased-users-leave-ids-only", "identity", sql, {"user_id": ERASED, "kept_in": kept_in})
    for kept_in, sql in _KEPT
)
