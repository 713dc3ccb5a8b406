from waybill_toolkit.contracts.gates.answers import unused_answers
from waybill_toolkit.contracts.repository import Repository


def test_every_declared_answer_and_event_is_made_somewhere(repository: Repository) -> None:
    assert unused_answers(repository) == []
