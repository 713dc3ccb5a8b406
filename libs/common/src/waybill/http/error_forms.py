"""The forms in which an operation answers with problems: `x-errors` of its contract.

    problem    application/problem+json (RFC 9457), the default
    oauth      {"error", "error_description"} (RFC 6749, 5.2), for clients of OAuth
    html       a page, for a browser

The form decides how a problem is sent, and nothing else: contracts list problems in `x-problems`
and handlers return them, whatever the form.
"""

import re
from typing import Final

import orjson
from starlette.types import Scope

from waybill import trace
from waybill.http.contract import ErrorForm
from waybill.http.html import PAGE_HEADERS, page
from waybill.http.problems import RUNTIME_PROBLEMS, Problem
from waybill.http.reply import HTML, JSON, Reply, problem_reply

NO_STORE: Final = ("cache-control", "no-store")

_OAUTH_STATUSES: Final = frozenset({401, 403, 429})
"""Statuses that clients of OAuth expect besides 400 and those of a server."""

_OAUTH_ERRORS: Final = {
    "forbidden": "insufficient_scope",
    "internal": "server_error",
    "unauthenticated": "invalid_client",
    "unavailable": "temporarily_unavailable",
}
"""By slug. Every other problem of the runtime is an invalid_request."""

_NOT_IN_DESCRIPTION: Final = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]", re.ASCII)
_CHALLENGE: Final = "WWW-Authenticate"


def status_in(form: ErrorForm, status: int) -> int:
    """Return the status of a problem in a form: OAuth has 400 for whatever a client did wrong."""
    if form == "oauth" and 400 <= status < 500 and status not in _OAUTH_STATUSES:
        return 400
    return status


def error_reply(problem: Problem, scope: Scope, form: ErrorForm) -> Reply:
    """Return the reply to the request in `scope`."""
    match form:
        case "problem":
            return problem_reply(problem, scope)
        case "oauth":
            return _oauth_reply(problem)
        case "html":
            return _html_reply(problem, scope)


def oauth_error(problem: Problem) -> str:
    """Return the code of a problem: the slug of a contract's own one, `invalid-grant`."""
    if found := _OAUTH_ERRORS.get(problem.slug):
        return found
    return "invalid_request" if isinstance(problem, RUNTIME_PROBLEMS) else _code(problem.slug)


def _code(slug: str) -> str:
    return slug.replace("-", "_")


def _oauth_reply(problem: Problem) -> Reply:
    status = status_in("oauth", problem.status)
    headers = [each for each in problem.headers() if each[0] != _CHALLENGE]
    if status == 401:
        headers.append((_CHALLENGE, 'Basic realm="oauth", charset="UTF-8"'))
    description = _NOT_IN_DESCRIPTION.sub("'", problem.detail)
    body = orjson.dumps({"error": oauth_error(problem), "error_description": description})
    return Reply(status, (*headers, NO_STORE, ("content-type", JSON)), body)


def _html_reply(problem: Problem, scope: Scope) -> Reply:
    reference = f"Reference: {trace.of(scope).trace_id}"
    body = page(problem.title, problem.detail, reference)
    headers = (*problem.headers(), *PAGE_HEADERS, ("content-type", HTML))
    return Reply(problem.status, headers, body.encode())
