"""Checks that the registry of problems, the runtime's classes and the contracts agree."""

from waybill.http.problems import RUNTIME_PROBLEMS
from waybill_toolkit.contracts.generate.service_contracts import read_contracts, read_problem_types
from waybill_toolkit.contracts.repository import Repository


def registry_differences(repository: Repository) -> list[str]:
    """Return the problems without a class in the runtime, or without a contract that uses them."""
    registry = read_problem_types(repository)
    known = {each.slug: (each.status, each.title) for each in RUNTIME_PROBLEMS}
    listed = {
        slug: (each.status, each.title)
        for slug, each in registry.items()
        if each.raised_by == "runtime"
    }
    used = {each.slug for one in read_contracts(repository) for each in one.http.problems}
    unused = {slug for slug, each in registry.items() if each.raised_by == "handler"} - used
    return [
        f"{slug}: the registry says {listed.get(slug)}, waybill.http.problems {known.get(slug)}"
        for slug in sorted(known.keys() | listed.keys())
        if known.get(slug) != listed.get(slug)
    ] + [f"{slug}: no contract uses it" for slug in sorted(unused)]
