"""Who may call a process, as its settings say, and what has to run for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from waybill.clock import SystemClock
from waybill.http.access import Access, OpenAccess, TokenFile
from waybill.process.background import Background
from waybill.process.health import Check
from waybill.process.settings import AccessSettings
from waybill.process.weak_secrets import KNOWN_DIGESTS
from waybill.process.wrong_settings import WrongSettingsError


@dataclass(frozen=True, slots=True)
class Admission:
    """The access of a process, its background parts and its checks of readiness."""

    access: Access
    parts: Sequence[Background] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)


def admission_of(settings: AccessSettings, *, leads_to_issuer: bool = False) -> Admission:
    """Return the access that the settings select.

    Through a process that `leads_to_issuer`, the issuer may be reached: it becomes ready without
    its keys. Raises pydantic's ValidationError or OSError for a token file that cannot be read,
    WrongSettingsError for one with a token of an example.
    """
    if settings.issuer and settings.access_audience:
        # Imported here, so that only processes with an issuer load an HTTP client: some 10 MB.
        from waybill.http.issuer_keys import IssuerKeys  # noqa: PLC0415 - loaded only when needed
        from waybill.http.tokens import TokenAccess  # noqa: PLC0415 - loaded only when needed

        clock = SystemClock()
        keys = IssuerKeys(settings.issuer, clock)
        types = [each.strip() for each in settings.access_token_types.split(",")]
        access = TokenAccess(keys, settings.issuer, settings.access_audience, clock, types)
        check = keys.check_behind if leads_to_issuer else keys.check
        return Admission(access, [keys], {IssuerKeys.name: check})
    if settings.token_file:
        tokens = TokenFile.load(settings.token_file)
        if tokens.has(KNOWN_DIGESTS) and not settings.is_on_this_machine:
            raise WrongSettingsError(
                ("WAYBILL_ACCESS has the token of an example: make a random one.",)
            )
        return Admission(tokens)
    return Admission(OpenAccess())
