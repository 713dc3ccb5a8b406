from waybill_toolkit.contracts.gates.examples import example_faults
from waybill_toolkit.contracts.repository import Repository


def test_every_example_is_judged_as_its_name_says_by_the_models(
    repository: Repository,
) -> None:
    assert example_faults(repository) == []
