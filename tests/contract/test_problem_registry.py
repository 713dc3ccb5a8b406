from waybill_toolkit.contracts.gates.registry import registry_differences
from waybill_toolkit.contracts.repository import Repository


def test_the_registry_is_what_runtime_and_contracts_know_of_problems(
    repository: Repository,
) -> None:
    assert registry_differences(repository) == []
