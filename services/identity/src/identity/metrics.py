"""The metrics of logins and tokens."""

from typing import Final

from waybill.metrics import counter

ATTEMPTS: Final = counter(
    "waybill_guess_attempts_total",
    "Attempts that could be guesses, by kind (login, code, mail ...): admitted, refused as there"
    " were too many for the account or the address, or succeeded, which is in admitted too.",
    ("kind", "outcome"),
    unit="attempts",
)
TOKENS: Final = counter(
    "waybill_tokens_issued_total", "Access tokens issued, by grant.", ("grant",), unit="tokens"
)
