"""Who may reach a resource: its owner, and callers that hold the scope for everybody's.

A contract names the field with the owner of a resource (`x-owner: customer_ref`). A caller owns the
resources whose field has the value of its claim of that name. The rule is enforced three times:

- The request: a body or a query parameter with the field must have the caller's own value.
- The handler: where neither has it, the handler gets an `Owner` and puts it into its SQL.
- The answer: one that names another owner is never sent, and its transaction is rolled back.

A resource of somebody else is answered like one that does not exist (RFC 9110, 15.5.4), so that ids
cannot be probed (OWASP API1:2023, broken object level authorization).
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from waybill.http.access import Principal
from waybill.http.contract import Answer, Operation, OwnerRule
from waybill.http.metrics import OWNER_REFUSALS
from waybill.http.probes import ProbeWatch
from waybill.http.problems import Forbidden, Internal, Problem, ProblemError
from waybill.metrics import begin_at_zero

_log: Final = logging.getLogger(__name__)

REASONS: Final = ("not_found", "other_owner", "no_owner", "answer")
"""Why a request was refused: labels of a metric, as a log of each could be flooded."""

_PROBES: Final = ProbeWatch()
"""Of all operations of this process together."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose resources a call may reach: those of `ref`, or everybody's when `ref` is None.

    For SQL: `... where order_id = $1 and ($2::text is null or customer_ref = $2)`.
    """

    ref: str | None

    def owns(self, ref: str | None) -> bool:
        """Whether the call may reach a resource whose owner is `ref`; None: it has no owner."""
        return self.ref is None or self.ref == ref


EVERYBODYS: Final = Owner(None)


class OwnerGuard:
    """Enforces the owner rule of one operation. Without a rule everything may be reached."""

    def __init__(self, operation: Operation) -> None:
        self._rule: OwnerRule | None = operation.owner
        self._operation_id = operation.id
        if operation.owner is not None:
            for reason in REASONS:
                begin_at_zero("waybill_owner_refusals_total", operation.id, reason)
        field = "" if operation.owner is None else operation.owner.field
        types = (each.type for each in operation.parameters if each.argument == field)
        self._parameter: TypeAdapter[Any] = TypeAdapter(next(types, str))
        problems = (each for each in operation.answers if issubclass(each, Problem))
        self._not_found = next((each for each in problems if each.status == 404), None)

    def owner_for(self, principal: Principal) -> Owner:
        """Return whose resources the caller may reach.

        Raises ProblemError(Forbidden) when it neither owns any nor may reach everybody's.
        """
        rule = self._rule
        if rule is None or rule.everybody in principal.scopes:
            return EVERYBODYS
        ref = principal.claims.get(rule.field)
        if ref is None:
            self._count("no_owner")
            detail = f"The caller has no {rule.field} and lacks the scope {rule.everybody}."
            raise ProblemError(Forbidden(detail=detail, challenge=_challenge(rule)))
        return Owner(ref)

    def narrow(self, arguments: dict[str, Any], owner: Owner, caller: str) -> None:
        """Apply the rule to the handler's arguments: check the body, fill the query or add `owner`.

        Raises ProblemError(Forbidden) when the request names another owner.
        """
        rule = self._rule
        if rule is None:
            return
        match rule.place:
            case "resource":
                arguments["owner"] = owner
            case "query":
                if arguments[rule.field] is not None:
                    self._refuse_other(rule, _text(arguments[rule.field]), owner, caller)
                elif owner.ref is not None:
                    arguments[rule.field] = self._as_parameter(rule, owner.ref)
            case "body":
                ref = _text(getattr(arguments["body"], rule.field))
                self._refuse_other(rule, ref, owner, caller)

    def check(self, answer: Answer | Problem, owner: Owner) -> None:
        """Refuse an answer that names another owner than `owner`.

        This is a defect of the handler, which ignored the owner. Raises ProblemError with the
        operation's 404, so that a transaction is rolled back.
        """
        if owner.ref is None or self._rule is None or isinstance(answer, Problem):
            return
        field = self._rule.field
        refs = (getattr(each, field, owner.ref) for each in _resources(answer))
        if all(owner.owns(_text(ref)) for ref in refs):
            return
        self._count("answer")
        _log.error(
            "operation %s answered with a resource of another %s; the answer was not sent. The"
            " handler must select by its owner.",
            self._operation_id,
            field,
        )
        raise ProblemError(
            Internal(detail="An internal error occurred; nothing was changed.")
            if self._not_found is None
            else self._not_found(detail="The resource does not exist.")
        )

    def count(self, problem: Problem, owner: Owner, caller: str, path: str) -> None:
        """Count a 404 for a resource that is not the caller's, whether or not it exists."""
        if self._rule is None or owner.ref is None or type(problem) is not self._not_found:
            return
        self._count("not_found")
        _PROBES.refused(caller, path)

    def _count(self, reason: str) -> None:
        OWNER_REFUSALS.labels(self._operation_id, reason).inc()

    def _as_parameter(self, rule: OwnerRule, ref: str) -> object:
        """Return the owner as the handler expects it: as text, or as a UUID."""
        try:
            return self._parameter.validate_strings(ref)
        except ValidationError:
            detail = f"The caller's {rule.field} is of another form than that of this operation."
            raise ProblemError(Forbidden(detail=detail, challenge=_challenge(rule))) from None

    def _refuse_other(self, rule: OwnerRule, ref: str | None, owner: Owner, caller: str) -> None:
        if not owner.owns(ref):
            self._count("other_owner")
            _PROBES.refused(caller, f"{rule.field}={ref}")
            detail = f"{rule.field} is not the caller's; others need the scope {rule.everybody}."
            raise ProblemError(Forbidden(detail=detail, challenge=_challenge(rule)))


def _text(ref: object) -> str | None:
    """Return the owner that a field names; None when it is absent."""
    return str(ref) if isinstance(ref, str | UUID) else None


def _challenge(rule: OwnerRule) -> str:
    return f'Bearer error="insufficient_scope", scope="{rule.everybody}"'


def _resources(answer: Answer) -> Iterable[object]:
    """Return the resources of an answer: its body, or the items of a page."""
    body = getattr(answer, "body", None)
    items = getattr(body, "items", None)
    return items if isinstance(items, list) else (body,)
