"""Writes lists.sh: what the script of the trial that makes Secrets reads."""

from collections.abc import Iterable

from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.chart.services_file import NOTICE


def trial_lists(facts: Iterable[ServiceFacts], scopes: Iterable[str]) -> str:
    """Write the services that have a database, and the scopes of the API, for a shell."""
    databases = " ".join(each.name for each in facts if each.has_database)
    return f'{NOTICE}DATABASES="{databases}"\nSCOPES="{" ".join(scopes)}"\n'
