"""Tests one service: all phases of Schemathesis, with its contract.

All checks are enabled. Every failure counts, unless an exclusion covers it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.engine.statistic import Statistic
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.schemas import BaseSchema

from waybill_toolkit.contracts.generate.bearer_tokens import BEARER
from waybill_toolkit.contracts.generate.media import EVENTS
from waybill_toolkit.contracts.schema_check import Json, read_json
from waybill_toolkit.lab.conformance.exclusions import Exclusions, Failed
from waybill_toolkit.lab.conformance.judging import NOTHING_OF_OTHERS, judged_by
from waybill_toolkit.lab.conformance.people import Viewpoint
from waybill_toolkit.lab.conformance.shop import Shop
from waybill_toolkit.lab.conformance.shown_problem import shown_problem
from waybill_toolkit.testing.contract_check import Contract

REJECTIONS: Final = [
    *("400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"),
]
PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
_CHECKS: Final[dict[str, Any]] = {
    "enabled": True,
    NOTHING_OF_OTHERS: {"enabled": False},
    # The default also accepts 401, 403, 404, 409, 429 and 5xx for valid data. Here each
    # refusal that depends on the state of the service is an exclusion, with a reason.
    "positive_data_acceptance": {"expected-statuses": ["2xx", "302", "303", "304"]},
    # The default lacks 413: text that is too long can exceed the limit of bodies first.
    "negative_data_rejection": {"expected-statuses": REJECTIONS},
    # The default lacks 428, which is for a missing If-Match (RFC 6585).
    "missing_required_header": {"expected-statuses": ["400", "401", "422", "428"]},
}
_VIEWPOINT_CHECKS: Final[dict[str, Any]] = {
    "enabled": False,
    "not_a_server_error": {"enabled": True},
    NOTHING_OF_OTHERS: {"enabled": True},
}
REQUEST_SECONDS: Final = 40.0
"""Above the timeout of a service, 35 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The options of a test. With `seconds`, the random phases are repeated for that time."""

    seed: int
    examples: int
    """Maximum number of random cases for each operation in a phase."""
    token: str
    seconds: int | None = None
    viewpoint: Viewpoint | None = None
    """Whose token it is: then only this is checked, that nothing of the others is in reach."""


@dataclass(slots=True)
class Verdict:
    """The result of one service."""

    service: str
    operations: int
    cases: Counter[str] = field(default_factory=Counter)
    """By phase."""
    answers: Counter[str] = field(default_factory=Counter)
    """By class of status, such as 2xx."""
    checks: Counter[str] = field(default_factory=Counter)
    """The number of runs of each check."""
    links: Counter[str] = field(default_factory=Counter)
    """The number of uses of each link of the contract."""
    failures: list[str] = field(default_factory=list)
    """Each failure as a text with the request."""
    errors: list[str] = field(default_factory=list)
    """Errors that prevented tests."""

    @property
    def is_ok(self) -> bool:
        """Whether all tests ran without a failure."""
        return not self.failures and not self.errors and self.cases.total() > 0


def try_service(
    service: str,
    contract: Path,
    address: str,
    plan: Plan,
    *,
    shop: Shop,
    exclusions: Exclusions,
) -> Verdict:
    """Send requests generated from the contract to a service, and check each response."""
    document = _without_streams(read_json(contract))
    schemes = document.get("components", {}).get("securitySchemes", {})
    schema = schemathesis.openapi.from_dict(document, config=_config(address, plan, shop, schemes))
    _exclude(schema, exclusions)
    label = service if plan.viewpoint is None else f"{service} as {plan.viewpoint.person.name}"
    verdict = Verdict(label, schema.statistic.operations.total)
    statistic = Statistic()
    judge = Contract(document) if plan.viewpoint is None else plan.viewpoint
    with judged_by(judge, schema):
        for event in from_schema(schema).execute():
            _note(event, verdict, statistic)
    verdict.failures.extend(_failures(statistic, schema))
    verdict.failures.extend(_dead_links(statistic, verdict))
    return verdict


def _without_streams(document: Json) -> Json:
    """Leave out streams of events, which have no end to wait for."""
    paths = {
        path: {key: each for key, each in item.items() if not _is_stream(each)}
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _is_stream(operation: Any) -> bool:  # noqa: ANN401 (JSON)
    responses = operation.get("responses", {}) if isinstance(operation, dict) else {}
    return any(EVENTS in each.get("content", ()) for each in responses.values())


def _config(address: str, plan: Plan, shop: Shop, schemes: Json) -> SchemathesisConfig:
    bearer = (name for name, each in schemes.items() if each.get("scheme") == BEARER)
    tokens = {scheme: {"bearer": plan.token} for scheme in bearer}
    auth: dict[str, Any] = {"auth": {"openapi": tokens}} if tokens else {}
    timed: dict[str, Any] = {} if plan.seconds is None else {"max-time": plan.seconds}
    return SchemathesisConfig.from_dict(
        {
            **shop.config(),
            **timed,
            "base-url": address,
            "seed": plan.seed,
            **auth,
            "continue-on-failure": True,
            # Reports that requests are generated slowly, which depends on the machine.
            "suppress-health-check": ["too_slow"],
            "request-timeout": REQUEST_SECONDS,
            "workers": 1,
            "generation": {
                "mode": "positive" if plan.viewpoint else "all",
                "max-examples": plan.examples,
                "database": "none",
            },
            "phases": {each: {"enabled": True} for each in PHASES},
            "checks": _VIEWPOINT_CHECKS if plan.viewpoint else _CHECKS,
            "cache": {"enabled": False},
            "output": {"sanitization": {"enabled": False}},
        }
    )


def _exclude(schema: BaseSchema, exclusions: Exclusions) -> None:
    def filter_failure(
        _context: HookContext, failure: Failure, case: Case[Any], response: Response
    ) -> bool:
        return not exclusions.cover(_failed(failure, case, response))

    schema.hook(filter_failure)


def _failed(failure: Failure, case: Case[Any], response: Response) -> Failed:
    operation = str(case.operation.definition.raw.get("operationId", case.operation.label))
    return Failed(failure.checks, operation, shown_problem(response))


def _note(event: events.EngineEvent, verdict: Verdict, statistic: Statistic) -> None:
    match event:
        case events.ScenarioFinished() if event.is_test_scenario:
            statistic.on_scenario_finished(event.recorder)
            verdict.cases[event.phase.value] += len(event.recorder.cases)
            verdict.answers.update(_classes(event.recorder))
            for made in event.recorder.checks.values():
                verdict.checks.update(each.name for each in made)
            verdict.links.update(_followed(event.recorder))
        case events.NonFatalError():
            verdict.errors.append(f"{event.label}: {event.info.title}: {event.info.message}")
        case events.FatalError():
            verdict.errors.append(f"{type(event.exception).__name__}: {event.exception}")
        case events.EngineFinished():
            verdict.errors.extend(_unfinished(event))
        case _:
            pass


def _classes(recorder: ScenarioRecorder) -> Iterator[str]:
    for each in recorder.interactions.values():
        if each.response is not None:
            yield f"{each.response.status_code // 100}xx"


def _followed(recorder: ScenarioRecorder) -> Iterator[str]:
    for node in recorder.cases.values():
        if node.transition and node.is_transition_applied:
            yield node.transition.id


def _unfinished(event: events.EngineFinished) -> Iterator[str]:
    if event.stop_reason not in {StopReason.COMPLETED, StopReason.MAX_TIME}:
        yield f"ended early: {event.stop_reason.value}"
    yield from map(str, event.failures)


def _failures(statistic: Statistic, schema: BaseSchema) -> Iterator[str]:
    for label, groups in statistic.failures.items():
        for group in groups.values():
            text = group.format(index=None, curl=group.code_sample, config=schema.config.output)
            yield f"{label}\n{text}"


def _dead_links(statistic: Statistic, verdict: Verdict) -> Iterator[str]:
    """Yield the links that never resolved although their source had items."""
    for failure in statistic.extraction_failures:
        if not verdict.links[failure.id] and shown_problem(failure.response).get("items") != []:
            yield (
                f"{failure.source}\nThe link to {failure.target} never finds"
                f" {failure.expression} for {failure.parameter_name}."
            )
