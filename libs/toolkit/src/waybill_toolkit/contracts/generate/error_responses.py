"""Reads the problems that an operation's error responses declare."""

from collections.abc import Iterator, Mapping

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.media import ErrorForm, media_of_errors, status_in
from waybill_toolkit.contracts.generate.problems import ProblemType


def read_problems(
    responses: Node, form: ErrorForm, registry: Mapping[str, ProblemType], faults: Faults
) -> list[ProblemType]:
    """Return the problems of all error responses, which are sent in `form`.

    Raises ContractError for an invalid status.
    """
    found: list[ProblemType] = []
    for response in responses.children():
        if response.name == "default":
            faults.add(
                response.fault("a default response hides its statuses; declare each separately.")
            )
        elif not response.name.isdigit() or len(response.name) != 3:
            raise response.error(f"{response.name!r} is not a status; write one like '404'.")
        elif response.name >= "400":
            found += _problems_of(response, form, registry, faults)
    return found


def _problems_of(
    response: Node, form: ErrorForm, registry: Mapping[str, ProblemType], faults: Faults
) -> Iterator[ProblemType]:
    target = response.target()
    declared = target.get("x-problems")
    if declared is None or not declared.value:
        message = "x-problems is missing; list what this status means."
        faults.add(target.fault(message, "problem"))
        return
    media_type = media_of_errors(form)
    if list((target.get("content") or target).value) != [media_type]:
        faults.add(target.fault(f"the content of an error is {media_type} here.", "problem"))
    for slug in declared.children():
        problem = registry.get(str(slug.value))
        if problem is None:
            message = f"problem {slug.value} is not in contracts/shared/problems.yaml; add it."
            faults.add(slug.fault(message, "problem"))
        elif (status := status_in(form, problem.status)) != int(response.name):
            faults.add(
                slug.fault(
                    f"problem {problem.slug} has status {status}, not {response.name};"
                    " move it there.",
                    "problem",
                )
            )
        else:
            yield problem
