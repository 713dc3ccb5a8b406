from waybill_toolkit.contracts.gates.examples import example_faults
from waybill_toolkit.contracts.generate.repository import Repository


def test_every_example_is_judged_as_its_name_says_by_schema_and_model(
    repository: Repository,
) -> None:
    assert example_faults(repository) == []
