"""Which problem an error of the service becomes."""

from waybill.http.errors import problem_of
from waybill.http.problems import Unavailable
from waybill.sealing import SealingError


def test_an_encryption_key_that_is_missing_is_no_fault_of_the_request() -> None:
    problem = problem_of(SealingError("the key 20261130 is not in /run/keys"), "POST /v1/users")

    assert isinstance(problem, Unavailable)
    assert problem.status == 503
    assert "/run/keys" not in problem.detail
