"""The media types that are served: of request bodies, of answers, and of errors (`x-errors`)."""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import urlencode

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.schemas import class_of

ErrorForm: TypeAlias = Literal["problem", "oauth", "html"]

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
HTML: Final = "text/html"
EVENTS: Final = "text/event-stream"
PROBLEM: Final = "application/problem+json"

ERRORS: Final = "x-errors"
"""The form of an operation's problems; see waybill/http/error_forms.py."""

REDIRECTS: Final = ("302", "303")

OAUTH_STATUSES: Final = frozenset({401, 403, 429})
"""The errors of a client that OAuth does not answer with 400, as in `waybill.http`."""

_OF_REQUESTS: Final = (JSON, FORM)
_OF_ANSWERS: Final = (JSON, HTML, EVENTS)
_OF_ERRORS: Final = {"problem": PROBLEM, "oauth": JSON, "html": HTML}
_TEXTS: Final = {HTML: "str", EVENTS: "Stream"}
"""The class of a body that is text."""


def error_form(operation: Node, faults: Faults) -> ErrorForm:
    """Return the form of an operation's problems."""
    written = operation.get(ERRORS)
    if written is None:
        return "problem"
    if written.value not in _OF_ERRORS:
        choices = ", ".join(_OF_ERRORS)
        faults.add(written.fault(f"problems are sent as one of {choices}.", "problem"))
        return "problem"
    return cast("ErrorForm", written.value)


def status_in(form: ErrorForm, status: int) -> int:
    """Return the status of a problem in a form."""
    is_other = form == "oauth" and 400 <= status < 500 and status not in OAUTH_STATUSES
    return 400 if is_other else status


def as_form(fields: Mapping[str, Any]) -> str:
    """Write an object as a form: text as it is, numbers and booleans as in JSON."""
    texts = {
        name: each if isinstance(each, str) else json.dumps(each) for name, each in fields.items()
    }
    return urlencode(texts)


def media_of_errors(form: ErrorForm) -> str:
    """Return the media type of problems in a form."""
    return _OF_ERRORS[form]


def request_body(holder: Node, faults: Faults) -> tuple[str | None, str]:
    """Return the class and the media type of a request body."""
    media = _only_media(holder, _OF_REQUESTS, faults)
    return (None if media is None else _class(media, faults)), media.name if media else JSON


def answer_body(answer: Node, faults: Faults) -> tuple[str | None, str]:
    """Return the class and the media type of an answer's body; no class without a body."""
    if answer.get("content") is None:
        return None, JSON
    media = _only_media(answer, _OF_ANSWERS, faults)
    if media is None:
        return None, JSON
    if text := _TEXTS.get(media.name):
        if media.need("schema").target().value.get("type") != "string":
            message = f"the body of {media.name} is text; write schema: {{type: string}}."
            faults.add(media.need("schema").fault(message))
        return text, media.name
    return _class(media, faults), media.name


def _only_media(holder: Node, served: tuple[str, ...], faults: Faults) -> Node | None:
    content = holder.need("content")
    media = list(content.children())
    if len(media) != 1:
        message = f"a body has one media type here, not {len(media)}; split the operation."
        faults.add(content.fault(message))
        return None
    if media[0].name not in served:
        message = f"{media[0].name} is not served; use one of {', '.join(served)}."
        faults.add(content.fault(message))
        return None
    return media[0]


def _class(media: Node, faults: Faults) -> str | None:
    media.need("schema")
    schema = media.child("schema")
    name = class_of(schema)
    if name is None:
        faults.add(schema.fault("name this schema: $ref one of #/components/schemas."))
    return name
