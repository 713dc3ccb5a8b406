"""The attacks, and the tests that try them: short names for the ids of pytest."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).parents[2]

_COMMON: Final = "libs/common/tests"
_FILES: Final = {
    "fields": "services/gateway/tests/component/test_response_fields.py",
    "applications": "services/identity/tests/component/test_own_resources.py",
    "authorize": "services/identity/tests/component/test_authorization.py",
    "answers": "services/identity/tests/component/test_secrets_in_answers.py",
    "guessing": "services/identity/tests/component/test_guessing.py",
    "identity": "services/identity/tests/component/test_contract.py",
    "log_in": "services/identity/tests/integration/test_log_in.py",
    "pages": "services/identity/tests/component/test_pages.py",
    "registration": "services/identity/tests/component/test_registration.py",
    "removed": "services/identity/tests/integration/test_removed_users.py",
    "oauth": "services/identity/tests/component/test_token_endpoint.py",
    "principals": "tests/e2e/test_tokens.py",
    "signing": "services/identity/tests/integration/test_signing_keys.py",
    "gate": "services/gateway/tests/component/test_access.py",
    "rates": "services/gateway/tests/component/test_rate_limits.py",
    "addresses": "services/gateway/tests/unit/test_client_addresses.py",
    "codes": "services/identity/tests/integration/test_codes.py",
    "refresh": "services/identity/tests/integration/test_refresh_tokens.py",
    "chain": f"{_COMMON}/integration/security_log/test_chain.py",
    "heads": f"{_COMMON}/integration/security_log/test_heads.py",
    "app": f"{_COMMON}/integration/test_app.py",
    "data_keys": f"{_COMMON}/unit/test_data_keys.py",
    "endpoint": f"{_COMMON}/unit/http/test_endpoint.py",
    "forged": "services/orders/tests/component/test_forged_events.py",
    "https": "services/gateway/tests/component/test_https.py",
    "idempotency": f"{_COMMON}/integration/test_idempotency.py",
    "kafka": f"{_COMMON}/integration/tls/test_kafka.py",
    "keys": f"{_COMMON}/integration/tokens/test_issuer_keys.py",
    "login": "libs/toolkit/tests/platform/embedded_broker/test_login.py",
    "logs": f"{_COMMON}/unit/test_logs.py",
    "merge": "libs/toolkit/tests/generate/test_merge.py",
    "owners": "tests/e2e/test_owners.py",
    "ownership": f"{_COMMON}/integration/test_ownership.py",
    "permissions": "libs/toolkit/tests/platform/embedded_broker/test_permissions.py",
    "postgres": f"{_COMMON}/integration/tls/test_postgres.py",
    "protocol": f"{_COMMON}/unit/http/test_protocol.py",
    "requests": "tests/attack/test_requests.py",
    "rotation": "tests/e2e/test_key_rotation.py",
    "routes": "tests/contract/test_routes.py",
    "routing": "services/gateway/tests/component/test_routing.py",
    "safe": f"{_COMMON}/unit/test_safe_settings.py",
    "sealing": f"{_COMMON}/unit/test_sealing.py",
    "serving": f"{_COMMON}/integration/tls/test_serving.py",
    "streaming": "services/gateway/tests/component/test_streaming.py",
    "tokens": f"{_COMMON}/integration/tokens/test_tokens.py",
    "users_keys": "services/identity/tests/integration/test_keys_of_users.py",
    "worker": "services/payments/tests/integration/test_worker_failures.py",
}
_NAMES: Final = {
    "fields.foreign": "test_a_page_of_a_foreign_origin_gets_no_permission",
    "fields.safe": "test_every_response_is_safe_in_a_browser",
    "fields.hsts": "test_hsts_is_sent_to_clients_that_use_https",
    "oauth.grants": "test_other_grants_are_refused",
    "oauth.forms": "test_other_forms_of_a_request_are_refused",
    "oauth.address": "test_a_secret_in_the_address_is_refused",
    "oauth.introspection": "test_introspection_tells_a_client_about_its_own_tokens_only",
    "principals.revoked": (
        "test_tokens_are_refused_everywhere_within_three_seconds_when_their_key_is_revoked"
    ),
    "signing.foreign": "test_identity_refuses_tokens_of_others_and_for_others",
    "answers.secrets": "test_no_answer_has_a_secret_or_what_is_stored_of_one",
    "applications.administrators": "test_only_administrators_make_roles",
    "applications.chosen": "test_nobody_chooses_the_id_of_a_client",
    "applications.key": "test_a_key_has_no_scope_that_its_creator_lacks",
    "applications.more": "test_an_administrator_gives_no_scope_that_it_lacks",
    "applications.removed": "test_keys_and_sessions_of_a_removed_user_are_refused",
    "applications.unsafe": "test_an_application_cannot_lead_users_to_an_unsafe_address",
    "authorize.address": "test_nobody_is_redirected_when_the_address_is_not_registered",
    "authorize.error": "test_the_application_gets_the_error_of_its_request",
    "authorize.framed": "test_no_page_of_others_frames_the_consent",
    "authorize.referrer": "test_the_answer_with_a_code_tells_no_referrer",
    "authorize.unknown": "test_nobody_is_redirected_when_the_client_is_unknown",
    "codes.unchallenged": "test_a_verifier_proves_nothing_without_a_challenge",
    "logs.prefix": "test_api_key_is_masked_by_its_prefix",
    "guessing.addresses": "test_guesses_of_a_password_are_limited_from_many_addresses",
    "guessing.flood": "test_a_flood_of_logins_is_refused_beyond_a_queue",
    "guessing.once": "test_a_one_time_password_is_accepted_once",
    "guessing.recovery": "test_a_recovery_code_is_accepted_once",
    "guessing.totp": "test_guesses_of_a_one_time_password_are_limited",
    "identity.redirects": "test_no_redirect_has_the_browser_send_a_form_again",
    "identity.secrets": "test_no_answer_has_a_secret_a_digest_or_a_cipher",
    "log_in.alike": ("test_five_guesses_a_minute_are_checked_when_the_account_exists_and_when_not"),
    "log_in.hash": "test_an_unknown_account_takes_as_long_as_a_known_one",
    "log_in.race": "test_twenty_guesses_at_once_get_no_more_than_five",
    "oauth.ids": "test_a_client_with_the_ids_of_a_user_is_not_that_user",
    "pages.before": "test_a_form_from_before_a_login_is_refused_after_it",
    "pages.fixed": "test_a_login_makes_a_new_session_whatever_the_browser_had",
    "pages.foreign": "test_a_form_of_another_site_is_refused",
    "pages.guesses": "test_guesses_of_a_password_are_limited_and_sessions_stay",
    "pages.onward": "test_a_form_leads_on_without_being_sent_again",
    "pages.role": "test_a_role_in_a_registration_is_refused",
    "registration.rights": "test_a_registration_that_chooses_its_rights_is_refused",
    "pages.protected": "test_a_page_is_protected_and_accessible",
    "removed.address": "test_the_address_of_a_removed_user_is_gone",
    "signing.row": "test_private_keys_are_encrypted_for_their_own_row",
    "signing.rotated": "test_no_valid_token_is_refused_when_keys_are_rotated_twice_in_an_hour",
    "rotation.load": "test_no_request_is_refused_when_keys_are_rotated_twice_under_load",
    "signing.read": "test_a_key_that_not_everybody_has_read_does_not_sign",
    "gate.walk": "test_every_operation_is_guarded_as_its_contract_says",
    "gate.header": "test_a_header_that_names_a_caller_admits_nobody",
    "gate.override": "test_an_overridden_method_needs_the_scope_of_the_real_one",
    "gate.query": "test_a_token_in_the_query_admits_nobody",
    "gate.twice": "test_two_authorization_headers_are_refused",
    "rates.told": "test_a_caller_above_its_limit_is_told_when_to_try_again",
    "rates.passwords": "test_passwords_for_many_accounts_are_limited_by_address",
    "rates.cost": "test_an_order_costs_more_than_another_write",
    "addresses.trusted": "test_only_trusted_proxies_say_where_a_request_comes_from",
    "codes.spent": "test_a_code_is_spent_when_verifier_or_redirect_uri_is_wrong",
    "codes.twice": "test_a_code_is_refused_and_its_tokens_revoked_when_it_comes_twice",
    "codes.race": "test_one_of_two_wins_and_its_tokens_are_revoked",
    "codes.client": "test_a_code_is_refused_and_not_spent_for_another_client",
    "codes.minute": "test_a_code_is_refused_after_a_minute",
    "codes.session": "test_nothing_survives_when_the_session_ends_at_the_same_time",
    "refresh.replay": "test_a_replay_after_the_grace_revokes_all_tokens_of_the_authorization",
    "refresh.grace": "test_a_token_within_the_grace_gives_the_same_successor",
    "refresh.twenty": "test_twenty_at_once_get_one_successor",
    "refresh.revocation": "test_nothing_survives_when_a_refresh_races_a_revocation",
    "refresh.session": "test_nothing_survives_when_a_refresh_races_the_end_of_its_session",
    "refresh.scopes": "test_more_scopes_than_were_granted_are_refused",
    "refresh.client": "test_another_client_is_refused_and_revokes_nothing",
    "chain.first": "test_the_first_entry_is_named_when_entries_are_changed_removed_or_swapped",
    "chain.inserted": "test_an_inserted_entry_breaks_the_chain",
    "heads.cut": "test_a_cut_end_is_found_although_the_chain_is_whole",
    "heads.again": "test_a_log_that_was_written_again_is_found_although_its_chain_is_whole",
    "app.chunked": "test_chunked_body_is_refused_when_it_is_too_large",
    "data_keys.elsewhere": "test_a_text_cannot_be_decrypted_elsewhere",
    "users_keys.copy": "test_a_copy_of_an_address_is_unreadable_when_the_user_is_erased",
    "endpoint.scope": (
        "TestAccess::test_forbidden_before_the_body_is_read_when_a_scope_is_lacking"
    ),
    "endpoint.twice": "test_a_header_with_one_value_is_refused_when_it_is_repeated",
    "forged.amount": "test_another_amount_than_the_total_is_a_dead_letter_and_confirms_nothing",
    "forged.stranger": (
        "test_an_event_of_a_stranger_is_a_dead_letter_and_holds_up_no_event_of_its_order"
    ),
    "https.open": "test_gateway_does_not_start_with_open_access_on_every_address",
    "https.service": "test_only_a_service_with_a_valid_certificate_is_asked",
    "idempotency.callers": "test_keys_of_two_callers_are_two_keys",
    "kafka.why": "test_refusal_says_why_there_is_no_connection",
    "keys.unknown": "test_unknown_keys_do_not_load_the_issuer",
    "login.first": "test_connection_is_closed_when_another_request_comes_before_the_login",
    "logs.blotted": "test_secret_is_blotted_out_wherever_it_stands",
    "logs.named": "test_secret_is_masked_by_its_name",
    "merge.internal": "test_internal_operations_and_their_components_are_left_out",
    "owners.cancel": "test_cancellation_by_another_customer_changes_nothing",
    "owners.cursor": "test_cursor_of_another_caller_shows_the_callers_own_resources_only",
    "owners.key": "test_idempotency_key_of_another_caller_is_a_new_request",
    "owners.list": "test_list_has_the_callers_own_resources_only",
    "owners.place": "test_order_in_the_name_of_another_customer_is_refused",
    "owners.resource": "test_resource_of_another_owner_is_answered_like_an_unknown_one",
    "ownership.answer": "test_answer_with_a_resource_of_another_owner_is_not_sent",
    "ownership.body": "test_body_in_the_name_of_another_owner_is_refused",
    "ownership.change": "test_change_of_a_resource_of_another_owner_is_rolled_back",
    "ownership.probes": "test_a_caller_that_asks_for_many_resources_is_named_once",
    "ownership.list": "test_list_is_the_callers_own_when_it_names_no_owner",
    "permissions.may": "test_request_is_refused_unless_the_user_may",
    "postgres.why": "test_refusal_says_why_the_database_is_not_trusted",
    "protocol.ambiguous": "test_a_request_is_refused_when_proxies_could_read_it_differently",
    "protocol.head": "test_a_head_above_the_limit_is_refused",
    "protocol.slow": "test_a_request_that_stops_arriving_is_refused",
    "requests.forged": "test_caller_is_known_by_its_token_whatever_other_headers_say",
    "requests.limit": "test_page_that_is_too_large_is_refused",
    "requests.no_token": "test_operation_is_refused_without_a_token",
    "requests.override": "test_header_does_not_replace_the_method",
    "requests.scope": "test_operation_is_refused_without_its_scope",
    "requests.ssrf": "test_keys_are_not_fetched_from_an_address_that_others_control",
    "requests.token_elsewhere": "test_token_is_accepted_in_the_header_only",
    "requests.unknown_field": "test_unknown_field_is_refused",
    "routes.declared": ("test_every_operation_is_a_route_with_the_id_and_the_tags_of_the_contract"),
    "routing.outside": "test_paths_outside_of_the_contracts_are_not_forwarded",
    "routing.unknown": "test_an_unknown_path_is_not_found_and_not_forwarded",
    "safe.database": "test_database_elsewhere_must_be_verified",
    "safe.open": "test_open_access_is_refused_on_an_address_that_is_not_loopback",
    "safe.token": "test_example_token_is_refused_unless_everything_is_on_this_machine",
    "safe.weak": "test_weak_secret_is_refused_unless_everything_is_on_this_machine",
    "sealing.changed": "test_a_changed_text_is_refused",
    "sealing.destroyed": "test_nobody_can_unseal_when_the_key_is_destroyed",
    "sealing.moved": "test_a_text_cannot_be_used_for_another_subject",
    "serving.client": "test_client_is_refused_without_a_valid_certificate_of_its_ca",
    "serving.server": "test_https_is_served_to_clients_that_trust_the_ca",
    "streaming.ambiguous": "test_a_request_is_refused_when_its_length_is_ambiguous",
    "streaming.length": "test_a_body_is_refused_immediately_when_its_content_length_is_too_large",
    "tokens.bit": "test_token_with_a_flipped_bit_is_refused",
    "tokens.claims": "test_token_with_wrong_claims_is_refused",
    "tokens.header": "test_token_with_a_wrong_header_is_refused",
    "tokens.hmac": "test_token_signed_with_the_public_key_as_a_secret_is_refused",
    "tokens.other_key": "test_token_of_another_key_is_refused",
    "tokens.unsigned": "test_token_without_signature_is_refused",
    "worker.late": "test_late_answer_changes_nothing_when_another_worker_took_over",
}


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack; `tests` are short names, `open` says what is not covered."""

    number: int
    risk: str
    attack: str
    expected: str
    tests: tuple[str, ...] = ()
    open: str | None = None


def read_attacks() -> list[Attack]:
    """Read the table."""
    entries = yaml.safe_load(Path(__file__).with_name("attacks.yaml").read_text("utf-8"))
    return [Attack(**{**each, "tests": tuple(each.get("tests", ()))}) for each in entries]


def id_of(name: str) -> str:
    """Return the id of a test for pytest."""
    return f"{_FILES[name.partition('.')[0]]}::{_NAMES[name]}"


def names() -> set[str]:
    """Return all short names."""
    return set(_NAMES)
